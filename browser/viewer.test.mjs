// The document of /v1 as a page: readable in both sizes and lights, without a script, with its errors' pages.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Demo } from "./demo.mjs";
import { assertAccessible, keep, launch, open, SIZES } from "./page.mjs";

let demo;
let browser;
before(async () => {
  demo = await Demo.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await demo?.end();
});

for (const [size, options] of Object.entries(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`the document and an error's page on a ${size}, ${colorScheme}`, async () => {
      for (const path of ["/v1/docs", "/v1/docs?lang=en", "/v1/docs/errors/busy"]) {
        const page = await open(browser, `${demo.gateway}${path}`, { ...options, colorScheme });
        const unfold = (all) => all.forEach((one) => { one.open = true; });
        await page.locator("details").evaluateAll(unfold);
        await assertAccessible(page, `${path}, ${size}, ${colorScheme}`);
        const overflows = await page.evaluate(() =>
          document.documentElement.scrollWidth > document.documentElement.clientWidth);
        assert.equal(overflows, false, "nothing is wider than the screen");
        assert.ok(page.sent.every((sent) => sent.startsWith(demo.gateway) || sent.startsWith("data:")));
        assert.deepEqual(page.mistakes, []);
        await page.context().close();
      }
    });
  }
}

test("without a script a reader goes from a call to its error and back", async () => {
  const address = `${demo.gateway}/v1/docs?lang=en`;
  const page = await open(browser, address, { ...SIZES.desktop, javaScriptEnabled: false });
  await page.getByRole("link", { name: "GET /v1/wallet", exact: true }).click();
  assert.match(page.url(), /#show_wallet$/);
  const call = page.getByRole("article", { name: "POST /v1/tasks", exact: true });
  await call.getByText("Refusals").click();
  await keep(page, "viewer");
  await call.getByRole("link", { name: "insufficient_balance" }).click();
  await page.getByRole("heading", { name: "insufficient_balance: The wallet does not hold the price" }).waitFor();
  await keep(page, "viewer-error");
  await page.getByRole("link", { name: "POST /v1/tasks", exact: true }).click();
  assert.match(page.url(), /#create_task$/);
  await page.getByRole("link", { name: "中文" }).click();
  await page.getByRole("heading", { name: "/v1 的文档" }).waitFor();
  await page.context().close();
});
