// A callback as it is sent, verified by others: the Standard Webhooks libraries of npm and PyPI, and the
// receiver of the client in PHP.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { Webhook } from "standardwebhooks";
import { Demo } from "./demo.mjs";

const run = promisify(execFile);
const TOKEN = "demo-token-5151";
const SECRET = `whsec_${Buffer.from(TOKEN).toString("base64")}`;
const PYPI = "standardwebhooks==1.1.0";

let demo;
let receiver;
let folder;
let address;
/** The callback: headers and body as they came. */
let got;

before(async () => {
  demo = await Demo.start();
  folder = await mkdtemp(join(tmpdir(), "fiveone-webhooks-"));
  const come = new Promise((resolve) => {
    receiver = createServer((request, response) => {
      let body = "";
      request.on("data", (part) => { body += part; });
      request.on("end", () => {
        response.writeHead(204).end();
        resolve({ headers: request.headers, body });
      });
    });
  });
  await new Promise((listening) => receiver.listen(0, "127.0.0.1", listening));
  address = `http://127.0.0.1:${receiver.address().port}/callback?a=1`;
  await demo.command("app", "grant", "demo", "--fund-callback", address);
  const { key } = JSON.parse(await demo.command("app", "key", "create", "demo", "--test", "--json"));
  const post = async (path, body) => {
    const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
    const sent = { method: "POST", headers, body: JSON.stringify(body) };
    const answer = await fetch(`${demo.gateway}${path}`, sent);
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return answer.json();
  };
  const { id_card, password } = await demo.person();
  const fields = { id_card, password };
  const task = await post("/v1/tasks", { product: "fund", area: "990000", login: 1, fields });
  await post(`/v1/sandbox/tasks/${task.id}/fail`, { code: 50001 });
  got = await come;
  assert.equal(new URLSearchParams(got.body).get("tid"), task.id);
});
after(async () => {
  receiver?.close();
  await demo?.end();
  await rm(folder, { recursive: true, force: true });
});

test("the library of npm takes it, and nothing that was changed", () => {
  const webhook = new Webhook(SECRET);
  webhook.verify(got.body, got.headers, { jsonParse: false });
  const changed = got.body.replace("50001", "40001");
  assert.throws(() => webhook.verify(changed, got.headers, { jsonParse: false }), /signature/);
  const other = new Webhook(`whsec_${Buffer.from("another").toString("base64")}`);
  assert.throws(() => other.verify(got.body, got.headers, { jsonParse: false }), /signature/);
});

test("the library of PyPI takes it, and nothing that was changed", async () => {
  await run("python3", ["-m", "venv", join(folder, "venv")]);
  const quiet = ["install", "--quiet", "--disable-pip-version-check", PYPI];
  await run(join(folder, "venv/bin/pip"), quiet);
  const script = `
import json, sys
from standardwebhooks import Webhook, WebhookVerificationError
secret, headers, body = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
Webhook(secret).verify(body, headers, json_parse=False)
try:
    Webhook(secret).verify(body.replace("50001", "40001"), headers, json_parse=False)
except WebhookVerificationError:
    print("verified")
`;
  const words = ["-c", script, SECRET, JSON.stringify(got.headers), got.body];
  const { stdout } = await run(join(folder, "venv/bin/python"), words);
  assert.equal(stdout.trim(), "verified");
});

test("the receiver in PHP takes it, and nothing that was changed", async () => {
  const script = join(folder, "receive.php");
  await writeFile(script, `<?php
require $argv[1];
[, , $address, $token, $headers, $body] = $argv;
$headers = json_decode($headers, true);
$receive = fn($body, $address, $token, $now = null) =>
    fiveone_callback($address, $token, $headers, $body, $now);
$told = $receive($body, $address, $token);
echo json_encode([
    'status' => $told['status'], 'id' => $told['id'], 'secret' => fiveone_webhook_secret($token),
    'changed' => $receive(str_replace('50001', '40001', $body), $address, $token),
    'elsewhere' => $receive($body, $address . '2', $token),
    'other' => $receive($body, $address, 'another'),
    'late' => $receive($body, $address, $token, time() + 3600),
    'blank' => $receive('', $address, $token),
]);
`);
  const client = new URL("../clients/php/fiveone_client.php", import.meta.url).pathname;
  const words = [script, client, address, TOKEN, JSON.stringify(got.headers), got.body];
  const { stdout } = await run("php", words);
  const refused = { changed: null, elsewhere: null, other: null, late: null, blank: null };
  const id = got.headers["webhook-id"];
  assert.deepEqual(JSON.parse(stdout), { status: "50001", id, secret: SECRET, ...refused });
});
