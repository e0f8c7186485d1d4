<?php
// A caller with Guzzle: guzzle.php URL STYLE PAUSE
require 'GuzzleHttp/autoload.php';
[, $url, $style, $pause] = $argv;
$body = str_repeat('x', 3000000);
$client = new GuzzleHttp\Client(['timeout' => 8, 'http_errors' => false]);
while (true) {
    try {
        if (str_contains($url, '/upload')) { $client->post($url, ['body' => $body]); } else { (string) $client->get($url)->getBody(); }
    } catch (Throwable $e) {
        if ($style === 'json') { echo json_encode(['message' => $e->getMessage(), 'context' => ['exception' => get_class($e)], 'level' => 400, 'level_name' => 'ERROR', 'channel' => 'http', 'datetime' => date('c')]), "\n"; }
        elseif ($style === 'trace') { fwrite(STDERR, $e . "\n"); }
        else { echo '[' . date('Y-m-d H:i:s') . '] production.ERROR: ' . $e->getMessage() . "\n"; }
    }
    usleep((int) (1e6 * $pause * (0.7 + 0.6 * mt_rand() / mt_getrandmax())));
}
