#!/usr/bin/env node
'use strict';
/*
 * A client of the ten interfaces, written from the two vendor documents alone. It knows nothing of the
 * gateway but its host: it signs the documented addresses and posts the same names to the host it is
 * given. Node 14 or later, nothing but its standard library.
 *
 * As a program; what it asks for is typed in the terminal, a captcha is saved as a picture file:
 *
 *     node fiveone_client.js --host http://127.0.0.1:8051 --app-id APP --token-id TOKEN \
 *         fund 990000 1 account=990000000001 password=good
 *
 * As a module:
 *
 *     const { Client } = require('./fiveone_client');
 *     const client = new Client('http://127.0.0.1:8051', 'APP', 'TOKEN');
 *     const tid = await client.create('fund', '990000', '1', { account: '…', password: '…' });
 *     const report = await client.wait(tid, 'fund', async (kind, picture) => …);
 */
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const https = require('https');
const os = require('os');
const path = require('path');
const readline = require('readline');

const DOCUMENTED = 'http://api.tcredit.com/identity/';

const INTERFACES = {
  insurance: {
    cities: 'getInsuranceCitysB',
    logins: 'getInsuranceCityParamB',
    create: 'createInsuranceSearchTaskB',
    result: 'getInsuranceB',
    code: 'securityUserCode',
  },
  fund: {
    cities: 'getFundCitysB',
    logins: 'getFundCityParamB',
    create: 'createFundSearchTaskB',
    result: 'getFundB',
    code: 'fundUserCode',
  },
};

const AWAITING_SMS = 10003;
const AWAITING_CAPTCHA = 10004;
// 0 is what the documents' sample shows for a finished report, 40001 what their table says.
const FINISHED = [0, 40001, 40002];

/** The gateway refused: the envelope's status is not 0, or `data` tells of an error. */
class Refused extends Error {
  constructor(status, message) {
    super(`${status} ${message}`);
    this.status = status;
  }
}

/** MD5(url + tokenId + param): `key=value` joined by commas, in order of the keys. */
function tokenKey(url, tokenId, params) {
  const param = Object.keys(params).sort().map((key) => `${key}=${params[key]}`).join(',');
  return crypto.createHash('md5').update(url + tokenId + param, 'utf8').digest('hex');
}

function post(url, form) {
  const body = new URLSearchParams(form).toString();
  const send = url.startsWith('https:') ? https.request : http.request;
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(body),
  };
  return new Promise((resolve, reject) => {
    const request = send(url, { method: 'POST', headers, timeout: 30000 }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        Promise.resolve().then(() => JSON.parse(text)).then(resolve, reject);
      });
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 30 s')));
    request.on('error', reject);
    request.end(body);
  });
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** An app's access to the ten interfaces. */
class Client {
  constructor(host, appId, tokenId) {
    this.host = host.replace(/\/+$/, '');
    this.appId = appId;
    this.tokenId = tokenId;
  }

  /** Posts one call and returns `data`. */
  async call(product, operation, params = {}) {
    const name = INTERFACES[product][operation];
    const key = tokenKey(DOCUMENTED + name, this.tokenId, params);
    const form = { ...params, appId: this.appId, tokenKey: key };
    const envelope = await post(`${this.host}/identity/${name}`, form);
    if (envelope.status !== 0) throw new Refused(envelope.status, envelope.message);
    return envelope.data;
  }

  cities(product) {
    return this.call(product, 'cities');
  }

  logins(product, areaCode) {
    return this.call(product, 'logins', { area_code: areaCode });
  }

  /** Creates a task and returns its tid. */
  async create(product, areaCode, loginType, fields) {
    const params = { area_code: areaCode, login_type: String(loginType), ...fields };
    const data = await this.call(product, 'create', params);
    if (!data.success) throw new Refused(data.status, data.message);
    return data.tid;
  }

  result(tid, product) {
    return this.call(product, 'result', { tid });
  }

  /** Submits a captcha or SMS code; whether it is right shows in the next result. */
  async answer(tid, product, code) {
    const data = await this.call(product, 'code', { tid, code });
    if (data.status !== 0) throw new Refused(data.status, data.message);
  }

  /**
   * Polls until the task ends and returns its `data`. `ask(kind, picture)` is called with "captcha"
   * and the picture's bytes, or with "sms" and null, and returns what the person read.
   */
  async wait(tid, product, ask, { everyMs = 500, forMs = 900000 } = {}) {
    let asked = null;
    const deadline = Date.now() + forMs;
    while (Date.now() < deadline) {
      const data = await this.result(tid, product);
      const code = Number(data.code);
      if (FINISHED.includes(code)) return data;
      if (code < 0 || code >= 50000) throw new Refused(code, data.msg);
      if (code === AWAITING_CAPTCHA || code === AWAITING_SMS) {
        // A question that is asked again has another picture, or says so in `msg`.
        const question = `${code} ${data.msg} ${data.base64_image_bytes || ''}`;
        if (question !== asked) {
          const picture = Buffer.from(data.base64_image_bytes || '', 'base64');
          const typed = code === AWAITING_CAPTCHA ? await ask('captcha', picture) : await ask('sms', null);
          await this.answer(tid, product, typed);
          asked = question;
        }
      } else {
        asked = null;
      }
      await sleep(everyMs);
    }
    throw new Error(`${tid} did not end in time`);
  }
}

async function main(argv) {
  const options = {};
  const rest = [];
  for (let at = 0; at < argv.length; at += 1) {
    if (argv[at].startsWith('--')) options[argv[at].slice(2)] = argv[(at += 1)];
    else rest.push(argv[at]);
  }
  const client = new Client(options.host, options['app-id'], options['token-id']);
  const [product, area, type, ...pairs] = rest;
  if (!area) return client.cities(product);
  if (!pairs.length) return client.logins(product, area);
  const fields = Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
  const terminal = readline.createInterface({ input: process.stdin, output: process.stderr });
  const ask = (kind, picture) => {
    const file = path.join(os.tmpdir(), `captcha-${process.pid}-${Date.now()}.png`);
    if (kind === 'captcha') fs.writeFileSync(file, picture, { mode: 0o600 });
    const prompt = kind === 'captcha' ? `图片验证码 (${file}): ` : '短信验证码: ';
    return new Promise((resolve) => terminal.question(prompt, (line) => resolve(line.trim())));
  };
  const tid = await client.create(product, area, type, fields);
  const report = await client.wait(tid, product, ask);
  terminal.close();
  return report;
}

if (require.main === module) {
  main(process.argv.slice(2)).then(
    (data) => process.stdout.write(`${JSON.stringify(data, null, 2)}\n`),
    (error) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    },
  );
}

module.exports = { Client, Refused, tokenKey };
