// The operator's pages in a real browser: signing in, every page for access in both sizes and lights,
// every action, by keyboard alone, and what strangers send.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { answerIn, Demo } from "./demo.mjs";
import { assertAccessible, keep as keepAs, launch, open as openIn, SIZES } from "./page.mjs";

let demo;
let browser;
let key;
let done;
before(async () => {
  demo = await Demo.start();
  browser = await launch();
  key = JSON.parse(await demo.command("app", "key", "create", "demo", "--json")).key;
  done = await read(await create(0));
});
after(async () => {
  await browser?.close();
  await demo?.end();
});

async function v1(path, body) {
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  const method = body ? "POST" : "GET";
  const answer = await fetch(`${demo.gateway}/v1/${path}`, { method, headers, body: JSON.stringify(body) });
  return answer.json();
}

/** A task of a person of the model city; it waits for the code in a picture. */
async function create(number, password = "good") {
  const { id_card } = await demo.person(number);
  const fields = { id_card, password };
  const { id } = await v1("tasks", { product: "fund", area: "990000", login: 1, fields });
  return id;
}

/** Answers its question, and waits for its end. */
async function read(id) {
  for (;;) {
    const task = await v1(`tasks/${id}?wait=30`);
    if (["done", "failed"].includes(task.status)) return id;
    if (!task.question) continue;
    const code = answerIn(task.question.pictures[0].url);
    await v1(`tasks/${id}/answers`, { question: task.question.id, code });
  }
}

const open = (path, options = SIZES.desktop) => openIn(browser, `${demo.gateway}${path}`, options);
const keep = (page, what) => keepAs(page, `console-${what}`);
const heading = (page, text) => page.getByRole("heading", { name: text });
const button = (page, name) => page.getByRole("button", { name, exact: true });

async function signIn(page, name = demo.operator, password = demo.password, code = "") {
  await page.getByLabel("用户名").fill(name);
  await page.getByLabel("密码", { exact: true }).fill(password);
  await page.getByLabel("动态码").fill(code);
  await button(page, "登录").click();
}

/** A page of the console, signed in. */
async function enter(path = "/console", options = SIZES.desktop) {
  const page = await open(path, options);
  await signIn(page);
  await page.locator("nav.menu").waitFor();
  return page;
}

/** An operator with a role; its password. */
async function operator(name, role) {
  return JSON.parse(await demo.command("operator", "add", name, "--role", role, "--json")).password;
}

/** A code of an authenticator (RFC 6238), for a secret in base32. */
function codeOf(secret, at = Date.now()) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((c) => letters.indexOf(c).toString(2).padStart(5, "0")).join("");
  const bytes = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30000)));
  const digest = createHmac("sha1", bytes).update(counter).digest();
  const number = digest.readUInt32BE(digest[19] & 15) & 0x7fffffff;
  return String(number % 1000000).padStart(6, "0");
}

const pages = () => [
  ["overview", "/console", "概览"],
  ["tasks", "/console/tasks", "任务"],
  ["task", `/console/tasks/${done}`, "任务"],
  ["apps", "/console/apps", "应用"],
  ["app", "/console/apps/demo", "应用"],
  ["statement", "/console/apps/demo/statement", "对账单"],
  ["areas", "/console/areas", "地区"],
  ["area", "/console/areas/fund/990000", "示范市"],
  ["connectors", "/console/connectors", "连接器"],
  ["callbacks", "/console/callbacks", "回调"],
  ["explain", "/console/explain", "tokenKey"],
  ["erasure", "/console/erasure", "保存与删除"],
  ["deeds", "/console/deeds", "操作记录"],
];

for (const [size, options] of Object.entries(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`every page on a ${size}, ${colorScheme}`, async () => {
      const page = await open("/console", { ...options, colorScheme });
      const look = async (what) => {
        await assertAccessible(page, what);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${what} is ${wide} pixels too wide`);
        if (size === "desktop" && colorScheme === "light") await keep(page, what);
      };
      await look("sign-in");
      await signIn(page);
      for (const [what, path, title] of pages()) {
        await page.goto(`${demo.gateway}${path}`);
        await heading(page, title).first().waitFor();
        await look(what);
      }
      await page.goto(`${demo.gateway}/console?lang=en`);
      await heading(page, "What is wrong").waitFor();
      await assertAccessible(page, "in English");
      await page.goto(`${demo.gateway}/console/tasks`);
      await heading(page, "Tasks").waitFor();
      assert.deepEqual(page.mistakes, []);
      await page.context().close();
    });
  }
}

describe("signing in", () => {
  test("leads to the page that was asked for, and never elsewhere", async () => {
    const page = await open("/console/tasks?stage=done");
    await signIn(page, demo.operator, "wrong password");
    await page.getByRole("alert").filter({ hasText: "用户名、密码或动态码不对" }).waitFor();
    await signIn(page);
    await heading(page, "任务").waitFor();
    assert.match(page.url(), /\/console\/tasks\?stage=done$/);
    await button(page, "退出").click();
    await page.goto(`${demo.gateway}/console/sign-in?next=https://evil.example/`);
    await signIn(page);
    await heading(page, "概览").waitFor();
    assert.equal(page.url(), `${demo.gateway}/console`);
    await page.context().close();
  });

  test("begins a session of its own, whatever cookie was planted", async () => {
    const page = await open("/console/sign-in");
    const planted = { name: "fiveone_console", value: "ab".repeat(32), url: demo.gateway };
    await page.context().addCookies([planted]);
    await signIn(page);
    await heading(page, "概览").waitFor();
    const cookies = await page.context().cookies();
    const [cookie] = cookies.filter(({ name }) => name === planted.name);
    assert.notEqual(cookie.value, planted.value);
    assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, "Strict"]);
    assert.equal(await page.evaluate(() => document.cookie.includes("fiveone_console")), false);
    await button(page, "退出").click();
    await page.context().addCookies([cookie]);
    await page.goto(`${demo.gateway}/console`);
    assert.match(page.url(), /sign-in/, "it has ended for good");
    await page.context().close();
  });

  test("takes a second factor's code once", async () => {
    const password = await operator("second", "viewer");
    const { secret } = JSON.parse(await demo.command("operator", "totp", "second", "--json"));
    const page = await open("/console");
    await signIn(page, "second", password);
    await page.getByRole("alert").waitFor();
    const code = codeOf(secret);
    await signIn(page, "second", password, code);
    await heading(page, "概览").waitFor();
    await button(page, "退出").click();
    await signIn(page, "second", password, code);
    await page.getByRole("alert").waitFor();
    await demo.command("operator", "disable", "second");
    await page.context().close();
  });
});

test("a viewer has no buttons, and is refused without them", async () => {
  const password = await operator("viewer", "viewer");
  const page = await open("/console");
  await signIn(page, "viewer", password);
  await heading(page, "概览").waitFor();
  for (const [what, path] of pages()) {
    await page.goto(`${demo.gateway}${path}`);
    assert.equal(await page.locator("form[method=post]").count(), 1, `${what}: to sign out, and no other`);
  }
  const token = await page.locator("input[name=form_token]").first().getAttribute("value");
  const refused = await page.evaluate(async ([path, form_token]) => {
    const body = new URLSearchParams({ form_token, reason: "r" });
    return (await fetch(path, { method: "POST", body })).status;
  }, [`/console/tasks/${done}/refund`, token]);
  assert.equal(refused, 403);
  await page.context().close();
});

describe("an owner", () => {
  test("filters tasks, and follows one by its tid", async () => {
    const page = await enter("/console/tasks");
    await page.getByLabel("状态", { exact: true }).selectOption("done");
    await page.getByLabel("正式/测试").selectOption("test");
    await button(page, "筛选").click();
    await page.getByRole("link", { name: done }).waitFor();
    await page.getByLabel("状态码").selectOption("50004");
    await button(page, "筛选").click();
    await page.getByText("没有符合的任务").waitFor();
    await page.getByLabel("tid").fill(done);
    await button(page, "筛选").click();
    await heading(page, `任务 ${done}`).waitFor();
    await page.context().close();
  });

  test("cancels a task that waits", async () => {
    const waiting = await create(1);
    await v1(`tasks/${waiting}?wait=30`);
    const page = await enter(`/console/tasks/${waiting}`);
    await page.getByRole("listitem").filter({ hasText: "等待用户回答：图片验证码" }).waitFor();
    await button(page, "取消任务").click();
    await page.getByRole("status").filter({ hasText: "任务已取消" }).waitFor();
    assert.equal((await v1(`tasks/${waiting}`)).status, "failed");
    await page.context().close();
  });

  test("refunds with a reason, and the books stay clean", async () => {
    const page = await enter(`/console/tasks/${await read(await create(2))}`);
    await page.getByText("退款…").click();
    await page.getByLabel("原因（写入账本，应用可见）").fill("<script>alert(1)</script>");
    await button(page, "退款").click();
    await page.getByRole("status").filter({ hasText: "已退款" }).waitFor();
    await page.getByRole("cell", { name: "<script>alert(1)</script>" }).waitFor();
    await demo.command("ledger", "verify");
    assert.deepEqual(page.mistakes, []);
    await page.context().close();
  });

  test("makes an app whose name is a script, with a key that is shown once", async () => {
    const page = await enter("/console/apps");
    const name = "<script>alert(1)</script>";
    await page.getByLabel("appId").fill("<script>");
    await page.getByLabel("名称").fill(name);
    await button(page, "创建").click();
    await page.getByText("只显示这一次").waitFor();
    await page.getByRole("link", { name: "已保存，返回" }).click();
    await heading(page, name).waitFor();
    await page.getByLabel("备注").fill("server 1");
    await button(page, "签发密钥").click();
    await page.getByText(/fo_live_[0-9a-f]{64}/).waitFor();
    await page.getByRole("link", { name: "已保存，返回" }).click();
    await page.getByRole("button", { name: /^吊销/ }).click();
    await page.getByRole("status").filter({ hasText: "已吊销" }).waitFor();
    await page.getByLabel("公积金回调地址").fill("http://me:pw@127.0.0.1/");
    await button(page, "保存设置").click();
    await page.getByRole("alert").filter({ hasText: "公积金回调地址" }).waitFor();
    await page.goBack();
    await page.getByLabel("公积金回调地址").fill("http://127.0.0.1:9/cb");
    await page.getByRole("checkbox", { name: "给出读不出的内容" }).check();
    await button(page, "保存设置").click();
    await page.getByRole("status").filter({ hasText: "已保存" }).waitFor();
    assert.equal(await page.getByLabel("公积金回调地址").inputValue(), "http://127.0.0.1:9/cb");
    await page.getByText("充值…").click();
    await page.getByLabel("金额（元）").fill("12.34");
    await page.getByLabel("原因", { exact: true }).fill("汇款");
    await button(page, "充值").click();
    await page.locator("p.number", { hasText: "12.34" }).waitFor();
    await button(page, "暂停 公积金").click();
    await page.getByText("已暂停").waitFor();
    await page.goto(`${demo.gateway}/console/deeds`);
    await page.getByRole("cell", { name: "签发密钥" }).first().waitFor();
    assert.deepEqual(page.mistakes, []);
    await page.context().close();
  });

  test("closes an area with a note, sees it first on the overview, and opens it", async () => {
    const page = await enter("/console/areas/fund/210300");
    await page.getByText("关闭…").click();
    await page.getByLabel("原因").fill("网站改版");
    await button(page, "关闭：不再接受新任务").click();
    await page.getByRole("status").filter({ hasText: "地区已关闭" }).waitFor();
    await page.goto(`${demo.gateway}/console`);
    await page.getByRole("row").filter({ hasText: "网站改版" }).getByRole("link").click();
    await button(page, "开放").click();
    await page.getByRole("status").filter({ hasText: "地区已开放" }).waitFor();
    await page.context().close();
  });

  test("erases a person, who is named nowhere", async () => {
    const person = await demo.person(3);
    await read(await create(3));
    const page = await enter("/console/erasure");
    await page.getByLabel(/身份证号/).fill(person.id_card);
    await button(page, "删除此人").click();
    await heading(page, "回执").first().waitFor();
    assert.ok(!(await page.content()).includes(person.id_card));
    await page.context().close();
  });

  test("finds out why a tokenKey fails, and sees no password", async () => {
    const page = await enter("/console/explain");
    await page.getByLabel("appId").fill("demo");
    await page.getByLabel("接口").selectOption("fundUserCode");
    await page.getByLabel("tokenKey", { exact: true }).fill("0".repeat(32));
    await page.getByLabel(/^参数/).fill(`code=s3cr3t\ntid=${done}`);
    await page.getByLabel(/^对方签名前的文本/).fill("https://api.tcredit.com/");
    await button(page, "排查").click();
    await page.getByText("没有一个的 MD5").waitFor();
    await page.getByText("从第几字节起不同").first().waitFor();
    await assertAccessible(page, "an explanation");
    await keep(page, "explained");
    assert.ok(!(await page.content()).includes("s3cr3t"));
    await page.context().close();
  });

  test("does all of it by keyboard", async () => {
    const page = await open("/console/areas/fund/210300");
    await page.locator("#name:focus").waitFor();
    await page.keyboard.type(demo.operator);
    await page.keyboard.press("Tab");
    await page.keyboard.type(demo.password);
    await page.keyboard.press("Enter");
    await page.getByText("关闭…").waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
    await page.keyboard.press("Enter");
    const at = async (text) => {
      for (let tries = 0; tries < 30; tries += 1) {
        await page.keyboard.press("Tab");
        const here = await page.evaluate(() => document.activeElement.innerText ?? "");
        if (here.includes(text)) return;
      }
      assert.fail(`${text} is not reached`);
    };
    await at("关闭…");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.type("键盘");
    await page.keyboard.press("Enter");
    await page.getByRole("status").filter({ hasText: "地区已关闭" }).waitFor();
    await at("开放");
    await page.keyboard.press("Enter");
    await page.getByRole("status").filter({ hasText: "地区已开放" }).waitFor();
    await page.context().close();
  });
});

test("the overview looks again by itself", async () => {
  const page = await enter();
  const looked = page.waitForResponse((answer) => answer.url().endsWith("/console/overview"));
  await page.evaluate(() => window.htmx.trigger("#live", "every"));
  assert.equal((await looked).status(), 200);
  await heading(page, "需要处理").waitFor();
  assert.deepEqual(page.mistakes, []);
  await page.context().close();
});

test("what a stranger sends is refused", async () => {
  const page = await enter("/console/apps/demo");
  const cookies = await page.context().cookies();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const form_token = await page.locator("input[name=form_token]").first().getAttribute("value");
  const send = (fields, origin) => {
    const headers = { cookie, ...(origin && { origin }) };
    const body = new URLSearchParams({ name: "stolen", ...fields });
    return fetch(`${demo.gateway}/console/apps/demo`, { method: "POST", headers, body, redirect: "manual" });
  };
  assert.equal((await send({}, demo.gateway)).status, 403, "without the session's token");
  assert.equal((await send({ form_token: "x" }, demo.gateway)).status, 403);
  assert.equal((await send({ form_token }, "https://evil.example")).status, 403);
  assert.equal((await send({ form_token })).status, 403, "from no page at all");
  const huge = { form_token, note: "x".repeat(1 << 20) };
  assert.equal((await send(huge, demo.gateway)).status, 413);
  assert.doesNotMatch(await demo.command("app", "show", "demo"), /stolen/);
  // Another site cannot show it, nor send a form with the session.
  const answer = await fetch(`${demo.gateway}/console`, { headers: { cookie } });
  assert.match(answer.headers.get("content-security-policy"), /script-src 'self';.*frame-ancestors 'none'/);
  assert.equal(answer.headers.get("x-frame-options"), "DENY");
  await page.goto("about:blank");
  await page.setContent(`<form method="post" action="${demo.gateway}/console/sign-out"><button>x</button></form>`);
  await page.getByRole("button", { name: "x" }).click();
  await page.waitForLoadState();
  await page.goto(`${demo.gateway}/console`);
  await heading(page, "概览").waitFor();
  await page.context().close();
});
