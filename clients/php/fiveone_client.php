#!/usr/bin/env php
<?php
/**
 * A client of the ten interfaces, written from the two vendor documents alone, and a receiver of their
 * callbacks. It signs the documented addresses and posts the same names to the host it is given. PHP 8.0
 * or later, standard library only.
 *
 *   php fiveone_client.php --host=http://127.0.0.1:8051 --app-id=APP --token-id=TOKEN \
 *       fund 990000 1 id_card=991300199305020000 password=good
 *
 * Without key=value it lists the ways to log in, without a city the cities. As a library: require it.
 * As a receiver, behind any PHP server (`php -S 127.0.0.1:9000 receiver.php`):
 *
 *   require 'fiveone_client.php';
 *   $event = fiveone_callback($address, $tokenId, getallheaders(), file_get_contents('php://input'));
 *   http_response_code($event === null ? 403 : 200);
 *
 * Standard Webhooks libraries verify the same callbacks: their secret is `whsec_` and the tokenId's base64,
 * which fiveone_webhook_secret() gives and `fiveone app create` prints.
 */

const FIVEONE_DOCUMENTED = 'http://api.tcredit.com/identity/';
const FIVEONE_INTERFACES = [
    'insurance' => ['cities' => 'getInsuranceCitysB', 'logins' => 'getInsuranceCityParamB',
        'create' => 'createInsuranceSearchTaskB', 'result' => 'getInsuranceB', 'code' => 'securityUserCode'],
    'fund' => ['cities' => 'getFundCitysB', 'logins' => 'getFundCityParamB',
        'create' => 'createFundSearchTaskB', 'result' => 'getFundB', 'code' => 'fundUserCode'],
];
const FIVEONE_AWAITING_SMS = 10003;
const FIVEONE_AWAITING_CAPTCHA = 10004;
/** 0 is what the documents' sample shows for a finished report, 40001 what their table says. */
const FIVEONE_FINISHED = [0, 40001, 40002];
/** How old a callback may be, in seconds; older ones are repeats of somebody else. */
const FIVEONE_CALLBACK_FOR_S = 300;

/** The gateway refused: the envelope's status is not 0, or data tells of an error. */
class FiveoneRefused extends RuntimeException
{
}

/** MD5(url + tokenId + param): key=value joined by commas, in order of the keys. */
function fiveone_token_key(string $url, string $tokenId, array $params): string
{
    ksort($params, SORT_STRING);
    $pairs = array_map(fn($key, $value) => "$key=$value", array_keys($params), $params);
    return md5($url . $tokenId . implode(',', $pairs));
}

/** The secret of callbacks as Standard Webhooks write it. */
function fiveone_webhook_secret(string $tokenId): string
{
    return 'whsec_' . base64_encode($tokenId);
}

/** What a callback tells (tid, status, msg), or null when it is not the gateway's. $address is the one the
 *  operator was given for it. */
function fiveone_callback(string $address, string $tokenId, array $headers, string $body, ?int $now = null): ?array
{
    parse_str($body, $form);
    $headers = array_change_key_case($headers, CASE_LOWER);
    $told = array_intersect_key($form, ['tid' => 1, 'status' => 1, 'msg' => 1]);
    $key = fiveone_token_key($address, $tokenId, $told);
    if (count($told) !== 3 || !hash_equals($key, (string) ($form['tokenKey'] ?? ''))) {
        return null;
    }
    $id = $headers['webhook-id'] ?? '';
    $at = $headers['webhook-timestamp'] ?? '';
    if (!ctype_digit($at) || abs(($now ?? time()) - (int) $at) > FIVEONE_CALLBACK_FOR_S) {
        return null;
    }
    $signed = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$at.$body", $tokenId, true));
    foreach (explode(' ', $headers['webhook-signature'] ?? '') as $signature) {
        if (hash_equals($signed, $signature)) {
            // One callback may come twice: its id is the same then.
            return $told + ['id' => $id];
        }
    }
    return null;
}

/** An app's access to the ten interfaces. */
class FiveoneClient
{
    public function __construct(private string $host, private string $appId, private string $tokenId)
    {
        $this->host = rtrim($host, '/');
    }

    /** Posts one call and returns data. */
    public function call(string $product, string $operation, array $params = []): mixed
    {
        $name = FIVEONE_INTERFACES[$product][$operation];
        $key = fiveone_token_key(FIVEONE_DOCUMENTED . $name, $this->tokenId, $params);
        $body = http_build_query($params + ['appId' => $this->appId, 'tokenKey' => $key]);
        $context = stream_context_create(['http' => ['method' => 'POST', 'content' => $body, 'timeout' => 30,
            'header' => 'Content-Type: application/x-www-form-urlencoded']]);
        $answer = @file_get_contents("$this->host/identity/$name", false, $context);
        $envelope = $answer === false ? null : json_decode($answer, true);
        if (!is_array($envelope)) {
            throw new FiveoneRefused("no gateway answers at $this->host");
        }
        if ($envelope['status'] !== 0) {
            throw new FiveoneRefused("{$envelope['status']} {$envelope['message']}");
        }
        return $envelope['data'];
    }

    /** Creates a task and returns its tid. */
    public function create(string $product, string $area, string $loginType, array $fields): string
    {
        $data = $this->call($product, 'create', ['area_code' => $area, 'login_type' => $loginType] + $fields);
        if (!$data['success']) {
            throw new FiveoneRefused("{$data['status']} {$data['message']}");
        }
        return $data['tid'];
    }

    /** Submits a captcha or SMS code; whether it is right shows in the next result. */
    public function answer(string $product, string $tid, string $code): void
    {
        $data = $this->call($product, 'code', ['tid' => $tid, 'code' => $code]);
        if ($data['status'] !== 0) {
            throw new FiveoneRefused("{$data['status']} {$data['message']}");
        }
    }

    /** Polls until the task ends and returns its data; $ask gets "captcha" and a picture, or "sms". */
    public function wait(string $product, string $tid, callable $ask, int $forS = 900): array
    {
        $asked = null;
        for ($end = time() + $forS; time() < $end; usleep(500000)) {
            $data = $this->call($product, 'result', ['tid' => $tid]);
            $code = (int) $data['code'];
            if (in_array($code, FIVEONE_FINISHED, true)) {
                return $data;
            }
            if ($code < 0 || $code >= 50000) {
                throw new FiveoneRefused("$code {$data['msg']}");
            }
            $waits = $code === FIVEONE_AWAITING_SMS || $code === FIVEONE_AWAITING_CAPTCHA;
            // A question that is asked again has another picture, or says so in msg.
            $question = $waits ? [$code, $data['msg'], $data['base64_image_bytes'] ?? ''] : null;
            if ($question !== null && $question !== $asked) {
                $kind = $code === FIVEONE_AWAITING_CAPTCHA ? 'captcha' : 'sms';
                $this->answer($product, $tid, $ask($kind, base64_decode($question[2])));
            }
            $asked = $question;
        }
        throw new FiveoneRefused("$tid did not end");
    }
}

function fiveone_ask_in_terminal(string $kind, string $picture): string
{
    $question = '短信验证码: ';
    if ($kind === 'captcha') {
        $file = tempnam(sys_get_temp_dir(), 'fiveone');
        file_put_contents($file, $picture);
        $question = "图片验证码 ($file): ";
    }
    // Questions go to standard error: standard output is the report's.
    fwrite(STDERR, $question);
    return trim((string) fgets(STDIN));
}

function fiveone_main(array $arguments): int
{
    $options = ['host' => 'http://127.0.0.1:8051', 'app-id' => '', 'token-id' => ''];
    while ($arguments && str_starts_with($arguments[0], '--')) {
        [$name, $value] = explode('=', substr(array_shift($arguments), 2), 2) + [1 => null];
        $options[$name] = $value ?? array_shift($arguments);
    }
    [$product, $area, $loginType] = $arguments + [null, null, null];
    if (!isset(FIVEONE_INTERFACES[$product])) {
        fwrite(STDERR, "usage: fiveone_client.php [--host=URL] --app-id=ID --token-id=TOKEN fund|insurance [AREA [LOGIN key=value…]]\n");
        return 2;
    }
    $client = new FiveoneClient($options['host'], $options['app-id'], $options['token-id']);
    try {
        if ($area === null || count($arguments) < 4) {
            $data = $area === null ? $client->call($product, 'cities') : $client->call($product, 'logins', ['area_code' => $area]);
        } else {
            $fields = array_column(array_map(fn($pair) => explode('=', $pair, 2), array_slice($arguments, 3)), 1, 0);
            $tid = $client->create($product, $area, $loginType, $fields);
            fwrite(STDERR, "tid $tid\n");
            $data = $client->wait($product, $tid, 'fiveone_ask_in_terminal');
        }
    } catch (FiveoneRefused $refused) {
        fwrite(STDERR, "refused: {$refused->getMessage()}\n");
        return 1;
    }
    echo json_encode($data, JSON_UNESCAPED_UNICODE | JSON_PRETTY_PRINT), "\n";
    return 0;
}

if (PHP_SAPI === 'cli' && realpath($_SERVER['SCRIPT_FILENAME']) === __FILE__) {
    exit(fiveone_main(array_slice($argv, 1)));
}
