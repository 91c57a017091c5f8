// How fast the person's page is: from the question that a task asks to its picture on the screen while
// others wait, how large the page is, and how long the server takes for it. `npm run measure`.
import { chromium } from "playwright-core";
import { answerIn, Demo } from "./demo.mjs";

const WAITING = 200;
const JOURNEYS = 40;
/** What a captcha waits for, unless configured: a question's end less this is when it was asked. */
const CAPTCHA_FOR = 120_000;

const demo = await Demo.start();
const browser = await chromium.launch({
  executablePath: process.env.FIVEONE_TEST_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic"],
});

const p95 = (times) => times.sort((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1];

/** Has so many tasks wait for a code, each of a person of its own. */
async function crowd(count) {
  const key = await demo.command("app", "key", "create", "demo", "--test");
  const headers = { authorization: `Bearer ${/fo_test_\w+/.exec(key)[0]}`, "content-type": "application/json" };
  const people = await fetch(`${demo.lab}/people?product=fund&area=990000&n=${count + JOURNEYS}`);
  const all = await people.json();
  const waits = async ({ login }) => {
    const fields = { id_card: login.id_card, password: "captcha" };
    const body = JSON.stringify({ product: "fund", area: "990000", login: 1, fields });
    const made = await (await fetch(`${demo.gateway}/v1/tasks`, { method: "POST", headers, body })).json();
    if (!made.id) throw new Error(JSON.stringify(made));
    const shown = await fetch(`${demo.gateway}/v1/tasks/${made.id}?wait=30`, { headers });
    const { question } = await shown.json();
    if (question?.kind !== "captcha") throw new Error(`task ${made.id} asks for nothing`);
  };
  for (let at = 0; at < count; at += 8) await Promise.all(all.slice(at, Math.min(at + 8, count)).map(waits));
  return all.slice(count).map(({ login }) => login);
}

/** From the question to its picture, decoded; and what the page weighed until then. */
async function journey(person) {
  const context = await browser.newContext({ locale: "zh-CN", viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  let bytes = 0;
  const weighing = [];
  page.on("response", (response) => weighing.push(response.request().sizes().then(
    ({ responseBodySize }) => { bytes += responseBodySize; }, () => {})));
  const link = await demo.link();
  const begun = performance.now();
  await (await fetch(link)).text();
  const served = performance.now() - begun;
  await page.goto(link, { waitUntil: "networkidle" }).catch(() => {});
  await Promise.all(weighing);
  const weight = bytes;
  await page.getByRole("button", { name: "同意并继续", exact: true }).click();
  await page.getByLabel("城市名、拼音或首字母").fill("sfs");
  await page.getByRole("button", { name: "示范市", exact: true }).click();
  await page.getByLabel("身份证号").fill(person.id_card);
  await page.locator("[data-field=password]").fill("captcha");
  // Told by the page itself, since a look from outside takes its own time.
  await page.evaluate(() => new Promise((begun) => {
    const seen = async () => {
      const picture = document.querySelector("img.captcha");
      if (!picture || window.seenAt) return;
      window.seenAt = true;
      await picture.decode();
      requestAnimationFrame(() => requestAnimationFrame(() => { window.seenAt = Date.now(); }));
    };
    new MutationObserver(seen).observe(document.body, { childList: true, subtree: true });
    begun();
  }));
  await page.getByRole("button", { name: "登录并读取", exact: true }).click();
  await page.locator("img.captcha").waitFor();
  answerIn(await page.locator("img.captcha").getAttribute("src"));
  const due = Number(await page.locator("[data-due]").getAttribute("data-due"));
  await page.waitForFunction(() => typeof window.seenAt === "number");
  const shown = (await page.evaluate(() => window.seenAt)) - (due - CAPTCHA_FOR);
  await context.close();
  return { shown, served, weight };
}

try {
  const people = await crowd(WAITING);
  const seen = [];
  for (const person of people) seen.push(await journey(person));
  const of = (name) => seen.map((one) => one[name]);
  console.log("| what | figure | beside |\n|---|---|---|");
  console.log(`| question to pixels, p95 | ${p95(of("shown"))} ms | ${JOURNEYS} journeys, ${WAITING} tasks waiting |`);
  console.log(`| first page of a link from the server, p95 | ${p95(of("served")).toFixed(0)} ms | whole answer |`);
  console.log(`| page with all it needs | ${Math.max(...of("weight"))} bytes | as transferred |`);
} finally {
  await browser.close();
  await demo.end();
}
