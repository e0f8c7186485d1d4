<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if (str_starts_with($path, '/slow')) { usleep(1500000); }
if (str_starts_with($path, '/big')) { for ($i = 0; $i < 60; $i++) { echo str_repeat('x', 65536); flush(); usleep(20000); } }
echo "ok\n";
