// The front page of a demonstration: what it offers works, in both sizes, lights and languages.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { mkdir, readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { Demo } from "./demo.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SCREENSHOTS = process.env.FIVEONE_TEST_SCREENSHOTS;
const SIZES = {
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 800 } },
};

let demo;
let browser;
before(async () => {
  demo = await Demo.start();
  browser = await chromium.launch({
    executablePath: process.env.FIVEONE_TEST_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
});
after(async () => {
  await browser?.close();
  await demo?.end();
});

async function open(options, permissions = []) {
  const context = await browser.newContext({ locale: "zh-CN", permissions, ...options });
  const page = await context.newPage();
  page.mistakes = [];
  page.on("pageerror", (error) => page.mistakes.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") page.mistakes.push(message.text());
  });
  await page.goto(`${demo.gateway}/`);
  return page;
}

for (const [size, options] of Object.entries(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`the page on a ${size}, ${colorScheme}`, async () => {
      const page = await open({ ...options, colorScheme });
      for (const who of ["查自己记录的人", "应用开发者", "连接器作者", "运维"]) {
        await page.getByRole("heading", { name: who }).waitFor();
      }
      await page.evaluate(AXE);
      const found = await page.evaluate(async () => {
        const { violations } = await window.axe.run(document);
        return violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
          .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
      });
      assert.deepEqual(found, []);
      const overflows = await page.evaluate(() =>
        document.documentElement.scrollWidth > document.documentElement.clientWidth);
      assert.equal(overflows, false, "nothing is wider than the screen");
      if (SCREENSHOTS) {
        await mkdir(SCREENSHOTS, { recursive: true });
        await page.screenshot({ path: `${SCREENSHOTS}/welcome-${size}-${colorScheme}.png` });
      }
      assert.deepEqual(page.mistakes, []);
      await page.context().close();
    });
  }
}

test("a person is one click from the page that asks them", async () => {
  const page = await open(SIZES.desktop);
  await page.getByRole("button", { name: "打开授权页面" }).click();
  await page.getByRole("button", { name: "同意并继续" }).click();
  await page.getByRole("heading", { name: "示范市：登录" }).waitFor();
  assert.deepEqual(page.mistakes, []);
  await page.context().close();
});

test("one link may ask for both products", async () => {
  const page = await open(SIZES.desktop);
  await page.getByRole("button", { name: "公积金和社保，一个链接查两项" }).click();
  await page.getByText("住房公积金和社会保险：").waitFor();
  await page.getByRole("button", { name: "同意并继续" }).click();
  await page.getByText("第 1 / 2 项").waitFor();
  assert.deepEqual(page.mistakes, []);
  await page.context().close();
});

test("every command is copied and runs", async () => {
  const page = await open(SIZES.desktop, ["clipboard-read", "clipboard-write"]);
  const commands = await page.locator(".command").all();
  assert.equal(commands.length, 8);
  for (const command of commands) {
    await command.getByRole("button").click();
    await command.getByRole("button", { name: "已复制" }).waitFor();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(text, await command.locator("code").innerText());
    // A person answers that one.
    if (text.includes(" query ")) continue;
    const { stdout } = await promisify(execFile)("sh", ["-c", text]);
    assert.ok(stdout.length > 0, text);
    if (text.startsWith("curl")) assert.match(stdout, /"status":(0|"queued"|"logging_in")|"data":/, text);
  }
  await page.context().close();
});

test("every address leads somewhere, and English is one click away", async () => {
  const page = await open(SIZES.desktop);
  const addresses = await page.locator("a").evaluateAll((all) => all.map(({ href }) => href));
  // A phone that got no SMS yet has none to show.
  for (const address of addresses.filter((one) => !one.includes("/inbox/"))) {
    assert.equal((await fetch(address)).status, 200, address);
  }
  await page.getByRole("link", { name: "English" }).click();
  await page.getByRole("heading", { name: "Who are you?" }).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await page.context().close();
});

test("another site makes no links", async () => {
  const headers = { "Sec-Fetch-Site": "cross-site" };
  const forged = await fetch(`${demo.gateway}/welcome/link`, { method: "POST", headers });
  assert.equal(forged.status, 403);
  const page = await fetch(`${demo.gateway}/`);
  assert.match(page.headers.get("content-security-policy"), /script-src 'self';.*frame-ancestors 'none'/);
});
