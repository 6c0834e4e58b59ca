<?php
// The front controller: every path that is no file ends here.
declare(strict_types=1);

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$text = fn (mixed $value): string => htmlspecialchars((string) $value);

if ($path === '/info') {
    phpinfo();
    exit;
}
if ($path === '/stream') {
    header('Content-Type: text/plain; charset=utf-8');
    while (ob_get_level() > 0) {
        ob_end_flush(); // php.ini may have output_buffering
    }
    $pause = (int) ($_GET['ms'] ?? 1000);
    foreach (range(1, 5) as $i) {
        echo "line $i\n";
        flush(); // the client has it at once
        usleep($pause * 1000);
    }
    exit;
}
?>
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>PHP behind Go</title>
<link rel="stylesheet" href="/style.css">
<h1>PHP <?= PHP_VERSION ?> behind Go</h1>
<?php if (preg_match('#^/hello/([^/]+)$#', $path, $match)): ?>
<p>Hello, <?= $text(rawurldecode($match[1])) ?>!</p>
<?php elseif ($path === '/session'): ?>
<?php session_start(); $_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1; ?>
<p>This is visit <?= $_SESSION['visits'] ?> of this session.</p>
<?php elseif ($path === '/form' && $_SERVER['REQUEST_METHOD'] === 'POST'): ?>
<p>Hello, <?= $text($_POST['name'] ?? 'nobody') ?>!</p>
<?php if (($_FILES['file']['error'] ?? null) === UPLOAD_ERR_OK): ?>
<p><?= $text($_FILES['file']['name']) ?>: <?= $_FILES['file']['size'] ?> bytes, SHA-256 <?= hash_file('sha256', $_FILES['file']['tmp_name']) ?></p>
<?php endif ?>
<?php elseif ($path === '/form'): ?>
<form method="post" enctype="multipart/form-data">
<p><label>Name <input name="name"></label>
<p><label>File <input name="file" type="file"></label>
<p><button>Send</button>
</form>
<?php elseif ($path === '/'): ?>
<ul>
<li><a href="/hello/world">a page without a file</a>
<li><a href="/info">phpinfo</a>
<li><a href="/form">a form, with an upload</a>
<li><a href="/session">a session</a>
<li><a href="/stream">a page that takes its time</a>
</ul>
<?php else: http_response_code(404); ?>
<p>There is nothing at <?= $text($path) ?>.</p>
<?php endif ?>
