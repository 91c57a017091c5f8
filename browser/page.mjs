// What every browser test shares: Chromium, pages whose requests and mistakes are kept, accessibility,
// and screenshots in both sizes and both lights.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mkdir, readFile } from "node:fs/promises";
import { chromium } from "playwright-core";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SCREENSHOTS = process.env.FIVEONE_TEST_SCREENSHOTS;

export const SIZES = {
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 800 } },
};

export function launch() {
  return chromium.launch({
    executablePath: process.env.FIVEONE_TEST_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/** A page of its own, whose requests are kept; scripts that fail, fail the test. */
export async function open(browser, address, options = SIZES.phone) {
  const context = await browser.newContext({ locale: "zh-CN", ...options });
  const page = await context.newPage();
  page.sent = [];
  page.mistakes = [];
  page.on("request", (request) => page.sent.push(`${request.url()}\n${request.postData() ?? ""}`));
  page.on("pageerror", (error) => page.mistakes.push(String(error)));
  page.on("console", (message) => {
    // htmx says so when the stream of events has ended and is opened again.
    const isRefusal = /status of (40\d|50\d)|ERR_|^\[object Event\]$/.test(message.text());
    if (message.type() === "error" && !isRefusal) page.mistakes.push(message.text());
  });
  await page.goto(address);
  return page;
}

/** Keeps how the page looks now, in both sizes and both lights. */
export async function keep(page, name) {
  if (!SCREENSHOTS) return;
  await mkdir(SCREENSHOTS, { recursive: true });
  const before = page.viewportSize();
  for (const [size, { viewport }] of Object.entries(SIZES)) {
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${SCREENSHOTS}/${name}-${size}-${colorScheme}.png` });
    }
  }
  await page.setViewportSize(before);
  await page.emulateMedia({ colorScheme: null });
}

export async function assertAccessible(page, what) {
  // By the debugger's way: the policy lets no script in but the page's own.
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document);
    return violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  });
  assert.deepEqual(found, [], what);
}
