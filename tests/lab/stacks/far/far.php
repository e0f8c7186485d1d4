<?php
// A caller with curl: far.php URL STYLE PAUSE
[, $url, $style, $pause] = $argv;
$body = str_repeat('x', 3000000);
$curl = curl_init($url);
curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 8]);
if (str_contains($url, '/upload')) { curl_setopt($curl, CURLOPT_POSTFIELDS, $body); }
while (true) {
    if (curl_exec($curl) === false) {
        $said = curl_error($curl);
        if ($style === 'json') { echo json_encode(['message' => "cURL error " . curl_errno($curl) . ": $said for $url", 'level' => 400, 'level_name' => 'ERROR', 'channel' => 'app', 'datetime' => date('c')]), "\n"; }
        elseif ($style === 'trace') { fwrite(STDERR, (new RuntimeException($said, curl_errno($curl))) . "\n"); }
        else { echo '[' . date('Y-m-d H:i:s') . "] app.ERROR: cURL error " . curl_errno($curl) . ": $said (see https://curl.haxx.se/libcurl/c/libcurl-errors.html) for $url [] []\n"; }
    }
    usleep((int) (1e6 * $pause * (0.7 + 0.6 * mt_rand() / mt_getrandmax())));
}
