// The person's page in a real browser: whole journeys, on a phone and on a desktop, with the server
// restarted, the tab closed, by keyboard alone; and that nothing that was typed goes out in clear.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { answerIn, Demo } from "./demo.mjs";
import { assertAccessible, keep as keepAs, launch, open as openIn, SIZES } from "./page.mjs";

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

const open = (address, options) => openIn(browser, address, options);
const keep = (page, what) => keepAs(page, `link-${what}`);
const heading = (page, text) => page.getByRole("heading", { name: text });
const press = (page, text) => page.getByRole("button", { name: text, exact: true }).click();

async function consent(page) {
  await press(page, "同意并继续");
  await heading(page, "您在哪个城市缴存").waitFor();
}

async function chooseCity(page) {
  await page.getByLabel("城市名、拼音或首字母").fill("sfs");
  await press(page, "示范市");
  await heading(page, "示范市：登录").waitFor();
}

async function logIn(page, person, password) {
  await page.getByLabel("身份证号").fill(person.id_card);
  await page.locator("[data-field=password]").fill(password);
  await press(page, "登录并读取");
}

async function answerCaptcha(page) {
  await heading(page, "请输入图中的验证码").waitFor();
  const code = answerIn(await page.locator("img.captcha").getAttribute("src"));
  await page.getByLabel("验证码", { exact: true }).fill(code);
  await press(page, "提交");
  return code;
}

async function toTheForm(page) {
  await consent(page);
  await chooseCity(page);
}

/** Neither what was typed nor a code stands in any request. */
function assertSealed(page, words) {
  for (const request of page.sent) {
    for (const word of words) {
      const forms = [word, encodeURIComponent(word), Buffer.from(word).toString("base64")];
      for (const form of forms) assert.ok(!request.includes(form), `${word} goes out in clear`);
    }
  }
  assert.deepEqual(page.mistakes, []);
}

for (const [size, options] of Object.entries(SIZES)) {
  for (const colorScheme of ["light", "dark"]) {
    test(`every stage on a ${size}, ${colorScheme}`, async () => {
      const page = await open(await demo.link(), { ...options, colorScheme });
      const look = async (what) => {
        await assertAccessible(page, what);
        if (size === "phone" && colorScheme === "light") await keep(page, what);
      };
      const person = await demo.person();
      await look("consent");
      await consent(page);
      await page.getByRole("button", { name: "示范市" }).waitFor();
      await look("cities");
      await chooseCity(page);
      await look("form");
      await logIn(page, person, "good");
      await heading(page, "请输入图中的验证码").waitFor();
      await look("captcha");
      await answerCaptcha(page);
      await heading(page, "这是读到的内容").waitFor();
      await look("result");
      await press(page, "交给演示应用");
      await heading(page, "已移交").waitFor();
      await look("ended");
      assert.deepEqual(page.mistakes, []);
      await page.context().close();
    });
  }
}

describe("a person", () => {
  test("hands over what was read, and nothing that was typed goes out in clear", async () => {
    const back = "https://app.example/back";
    await demo.command("link", "returns", "demo", "--add", back);
    const page = await open(await demo.link("--return-url", back, "--state", "s1"));
    const person = await demo.person();
    await toTheForm(page);
    await logIn(page, person, "good");
    const code = await answerCaptcha(page);
    await heading(page, "这是读到的内容").waitFor();
    await press(page, "交给演示应用");
    await heading(page, "已移交").waitFor();
    const tid = await page.locator("code").innerText();
    const way = await page.getByRole("link", { name: "回到应用" }).getAttribute("href");
    assert.equal(way, `${back}?state=s1&outcome=handed_over&tid=${tid}`);
    assertSealed(page, [person.id_card, code]);
    const shown = await demo.command("task", "show", tid);
    assert.match(shown, /40001/);
    await page.context().close();
  });

  test("comes back to the filled form after a wrong password", async () => {
    const page = await open(await demo.link("--area", "990000"));
    const person = await demo.person(1);
    await press(page, "同意并继续");
    await logIn(page, person, "wrong");
    await answerCaptcha(page);
    await page.getByRole("alert").filter({ hasText: "密码" }).waitFor();
    await assertAccessible(page, "a complaint");
    assert.equal(await page.getByLabel("身份证号").inputValue(), person.id_card);
    assert.equal(await page.locator("[data-field=password]").inputValue(), "");
    await page.locator("[data-field=password]").fill("good");
    await press(page, "登录并读取");
    await answerCaptcha(page);
    await heading(page, "这是读到的内容").waitFor();
    await page.context().close();
  });

  test("sees the question, though the answer to the login comes after it", async () => {
    const page = await open(await demo.link("--area", "990000"));
    let late;
    await page.route(/\/begin\?/, async (route) => {
      const response = await route.fetch();
      await heading(page, "请输入图中的验证码").waitFor();
      late = route.fulfill({ response });
      await late;
    });
    await press(page, "同意并继续");
    await logIn(page, await demo.person(1), "good");
    const answered = page.waitForResponse(/\/begin\?/);
    await heading(page, "请输入图中的验证码").waitFor();
    await answered;
    await late;
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
    await answerCaptcha(page);
    await heading(page, "这是读到的内容").waitFor();
    await page.context().close();
  });

  test("is told that a code was wrong, and gets an SMS after it", async () => {
    const page = await open(await demo.link("--area", "990000"));
    const person = await demo.person(2);
    await press(page, "同意并继续");
    await logIn(page, person, "both");
    await heading(page, "请输入图中的验证码").waitFor();
    await page.getByLabel("验证码", { exact: true }).fill("0000000");
    await press(page, "提交");
    await page.getByText("上一次不对").waitFor();
    await answerCaptcha(page);
    await heading(page, "请输入短信验证码").waitFor();
    await assertAccessible(page, "sms");
    const sms = (await demo.inbox(person.id_card)).match(/\d{4,8}/)[0];
    await page.getByLabel("短信验证码").fill(sms);
    await press(page, "提交");
    await heading(page, "这是读到的内容").waitFor();
    assertSealed(page, [person.id_card, sms]);
    await page.context().close();
  });

  test("has another picture by keyboard, and is told that an SMS is on its way", async () => {
    const page = await open(await demo.link("--area", "990000"), SIZES.desktop);
    await press(page, "同意并继续");
    await logIn(page, await demo.person(14), "sms");
    await heading(page, "请输入图中的验证码").waitFor();
    const shown = () => page.locator("img.captcha").getAttribute("src");
    const before = await shown();
    await page.getByRole("button", { name: "看不清？换一张" }).focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction((src) => {
      const picture = document.querySelector("img.captcha");
      return picture && picture.getAttribute("src") !== src;
    }, before);
    await answerCaptcha(page);
    await heading(page, "请输入短信验证码").waitFor();
    await press(page, "没收到？重新发送短信");
    await page.getByRole("alert").filter({ hasText: "还要等" }).waitFor();
    await assertAccessible(page, "an SMS that is on its way");
    assert.deepEqual(page.mistakes, []);
    await page.context().close();
  });

  test("deletes what was read, and the app gets nothing", async () => {
    const page = await open(await demo.link("--area", "990000"));
    await press(page, "同意并继续");
    await logIn(page, await demo.person(3), "partial");
    await answerCaptcha(page);
    await heading(page, "读到了一部分").waitFor();
    await page.getByText("没有读到：").waitFor();
    await assertAccessible(page, "a part");
    page.on("dialog", (dialog) => dialog.accept());
    await page.getByText("内容不对？").click();
    await assertAccessible(page, "what is wrong");
    await page.getByLabel("哪一部分").selectOption({ label: "基础信息" });
    await page.getByLabel("不是最新的").check();
    await press(page, "告诉运营方");
    await page.getByRole("status").filter({ hasText: "基础信息：不是最新的" }).waitFor();
    await assertAccessible(page, "noted");
    await press(page, "不交出，全部删除");
    await heading(page, "已删除").waitFor();
    assert.match(await page.locator("code").innerText(), /^erasure_/);
    await page.context().close();
  });

  test("reads what was missing again, and comes back when that fails", async () => {
    const page = await open(await demo.link("--area", "990000"));
    const person = await demo.person(13);
    await press(page, "同意并继续");
    await logIn(page, person, "partial");
    await answerCaptcha(page);
    await heading(page, "读到了一部分").waitFor();
    await press(page, "再读一次没有读到的部分");
    await page.getByText("只重读没有读到的部分：贷款信息").waitFor();
    await assertAccessible(page, "the rest");
    assert.equal(await page.getByLabel("身份证号").inputValue(), person.id_card);
    await page.locator("[data-field=password]").fill("wrong");
    await press(page, "登录并读取");
    await answerCaptcha(page);
    await page.getByRole("alert").filter({ hasText: "密码" }).waitFor();
    await press(page, "回到已读到的内容");
    await heading(page, "读到了一部分").waitFor();
    await press(page, "再读一次没有读到的部分");
    await page.locator("[data-field=password]").fill("good");
    await press(page, "登录并读取");
    await answerCaptcha(page);
    await heading(page, "这是读到的内容").waitFor();
    assert.deepEqual(page.mistakes, []);
    await page.context().close();
  });

  test("loses nothing when the tab is closed, and nobody else goes on", async () => {
    const address = await demo.link("--area", "990000");
    const page = await open(address);
    await press(page, "同意并继续");
    await logIn(page, await demo.person(4), "good");
    await heading(page, "请输入图中的验证码").waitFor();
    const context = page.context();
    await page.close();
    const stranger = await open(address);
    await heading(stranger, "已在别处打开").waitFor();
    await assertAccessible(stranger, "elsewhere");
    await stranger.context().close();
    const again = await context.newPage();
    await again.goto(address);
    await answerCaptcha(again);
    await heading(again, "这是读到的内容").waitFor();
    await context.close();
  });

  test("goes on after the server was restarted", async () => {
    const page = await open(await demo.link("--area", "990000"));
    const person = await demo.person(5);
    await press(page, "同意并继续");
    await page.getByLabel("身份证号").fill(person.id_card);
    await demo.halt("SIGKILL");
    await demo.run();
    // The page's key is no more; it takes the new one by itself.
    await page.locator("[data-field=password]").fill("good");
    await press(page, "登录并读取");
    await answerCaptcha(page);
    await heading(page, "这是读到的内容").waitFor();
    await page.context().close();
  });

  test("does it all by keyboard", async () => {
    const page = await open(await demo.link(), SIZES.desktop);
    const person = await demo.person(6);
    const type = (text) => page.keyboard.type(text);
    const tabTo = async (locator) => {
      for (let presses = 0; presses < 40; presses += 1) {
        if (await locator.evaluate((element) => element === document.activeElement)) return;
        await page.keyboard.press("Tab");
      }
      assert.fail("not reached by Tab");
    };
    await tabTo(page.getByRole("button", { name: "同意并继续" }));
    await page.keyboard.press("Enter");
    await heading(page, "您在哪个城市缴存").waitFor();
    await tabTo(page.getByLabel("城市名、拼音或首字母"));
    await type("示范");
    const city = page.getByRole("button", { name: "示范市" });
    await city.waitFor();
    await tabTo(city);
    await page.keyboard.press("Enter");
    await heading(page, "示范市：登录").waitFor();
    await tabTo(page.getByLabel("身份证号"));
    await type(person.id_card);
    await tabTo(page.locator("[data-field=password]"));
    await type("good");
    await page.keyboard.press("Enter");
    await heading(page, "请输入图中的验证码").waitFor();
    const code = answerIn(await page.locator("img.captcha").getAttribute("src"));
    await tabTo(page.getByLabel("验证码", { exact: true }));
    await type(code);
    await page.keyboard.press("Enter");
    await heading(page, "这是读到的内容").waitFor();
    await tabTo(page.getByRole("button", { name: "交给演示应用" }));
    await page.keyboard.press("Enter");
    await heading(page, "已移交").waitFor();
    await page.context().close();
  });

  test("finds the app's light and colour, and fields that are filled in and can be changed", async () => {
    const person = await demo.person(15);
    const page = await open(await demo.link("--area", "990000", "--theme", "dark",
      "--accent", "#ffd400", "--prefill", `id_card=${person.id_card}`),
    { ...SIZES.phone, colorScheme: "light" });
    const colours = (selector) => page.locator(selector).first().evaluate((element) => {
      const { backgroundColor, color } = getComputedStyle(element);
      return [backgroundColor, color];
    });
    assert.deepEqual(await colours("button.main"), ["rgb(255, 212, 0)", "rgb(0, 0, 0)"]);
    assert.equal((await colours(".card"))[0], "rgb(30, 35, 41)");
    await assertAccessible(page, "an app's colours");
    await press(page, "同意并继续");
    const field = page.getByLabel("身份证号");
    assert.equal(await field.inputValue(), person.id_card);
    await assertAccessible(page, "filled in");
    const other = await demo.person(16);
    await field.fill(other.id_card);
    await page.locator("[data-field=password]").fill("wrong");
    await press(page, "登录并读取");
    await answerCaptcha(page);
    await page.getByRole("alert").filter({ hasText: "密码" }).waitFor();
    assert.equal(await field.inputValue(), other.id_card, "what was typed, and not what was filled in");
    assert.deepEqual(page.mistakes, []);
    await page.context().close();
  });

  test("reads English who wants to", async () => {
    const page = await open(await demo.link("--area", "990000"));
    await page.getByRole("link", { name: "English" }).click();
    await heading(page, "Before you agree").waitFor();
    await press(page, "Agree and go on");
    await page.getByRole("button", { name: "Log in and read" }).waitFor();
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
    await page.context().close();
  });
});

describe("a link of both products", () => {
  const both = (...words) => demo.link("--product", "insurance", ...words);
  const turn = (page, number) => page.getByText(`第 ${number} / 2 项`).waitFor();

  async function read(page, person) {
    await logIn(page, person, "good");
    await answerCaptcha(page);
    await heading(page, "这是读到的内容").waitFor();
  }

  for (const [size, options] of Object.entries(SIZES)) {
    for (const colorScheme of ["light", "dark"]) {
      test(`every stage on a ${size}, ${colorScheme}`, async () => {
        const page = await open(await both(), { ...options, colorScheme });
        const look = async (what) => {
          await assertAccessible(page, what);
          const overflows = await page.evaluate(() =>
            document.documentElement.scrollWidth > document.documentElement.clientWidth);
          assert.equal(overflows, false, what);
          if (size === "phone" && colorScheme === "light") await keep(page, `both-${what}`);
        };
        await page.getByText("住房公积金和社会保险：").waitFor();
        await look("consent");
        await toTheForm(page);
        await turn(page, 1);
        await page.getByText("没有住房公积金，或这次不查？").click();
        await look("skip");
        await read(page, await demo.person(20));
        await look("result");
        await press(page, "保留，继续下一项");
        await turn(page, 2);
        await look("second");
        await page.getByText("没有社会保险，或这次不查？").click();
        await press(page, "我没有社会保险");
        await heading(page, "核对后交出").waitFor();
        await look("review");
        await press(page, "交给演示应用");
        await heading(page, "已移交").waitFor();
        await look("ended");
        assert.deepEqual(page.mistakes, []);
        await page.context().close();
      });
    }
  }

  test("is gone through one after the other, and both are handed over at once", async () => {
    const back = "https://app.example/back";
    await demo.command("link", "returns", "demo", "--add", back);
    const page = await open(await both("--return-url", back, "--state", "s2"));
    const person = await demo.person(21);
    await toTheForm(page);
    await read(page, person);
    await press(page, "保留，继续下一项");
    // The city and the number of the person are there already; the password is not.
    await heading(page, "示范市：登录").waitFor();
    await turn(page, 2);
    assert.equal(await page.getByLabel("身份证号").inputValue(), person.id_card);
    assert.equal(await page.locator("[data-field=password]").inputValue(), "");
    await read(page, await demo.person(21, "insurance"));
    await press(page, "保留，去核对");
    await heading(page, "核对后交出").waitFor();
    // Nothing ticked gives nothing; who looks again comes back.
    for (const box of await page.getByRole("checkbox").all()) await box.uncheck();
    await press(page, "交给演示应用");
    await page.getByRole("alert").filter({ hasText: "请至少勾选一项" }).waitFor();
    await page.getByRole("button", { name: "再看一看 住房公积金" }).click();
    await turn(page, 1);
    await press(page, "保留，去核对");
    await heading(page, "核对后交出").waitFor();
    await press(page, "交给演示应用");
    await heading(page, "已移交").waitFor();
    const tids = await page.locator("code").allInnerTexts();
    assert.equal(tids.length, 2);
    const way = await page.getByRole("link", { name: "回到应用" }).getAttribute("href");
    assert.equal(way,
      `${back}?state=s2&outcome=handed_over&fund_tid=${tids[0]}&insurance_tid=${tids[1]}`);
    for (const tid of tids) assert.match(await demo.command("task", "show", tid), /40001/);
    assertSealed(page, [person.id_card]);
    await page.context().close();
  });

  test("loses nothing when the tab is closed and the server restarted in the middle", async () => {
    const address = await both("--area", "990000");
    const page = await open(address);
    await press(page, "同意并继续");
    await read(page, await demo.person(22));
    await press(page, "保留，继续下一项");
    await turn(page, 2);
    const context = page.context();
    await page.close();
    await demo.halt("SIGKILL");
    await demo.run();
    const again = await context.newPage();
    await again.goto(address);
    await turn(again, 2);
    await read(again, await demo.person(22, "insurance"));
    await press(again, "保留，去核对");
    await heading(again, "核对后交出").waitFor();
    assert.equal(await again.getByRole("checkbox").count(), 2, "the first is still there");
    again.on("dialog", (dialog) => dialog.accept());
    await press(again, "不交出，全部删除");
    await heading(again, "已删除").waitFor();
    const receipts = await again.locator("code").allInnerTexts();
    assert.equal(receipts.filter((text) => text.startsWith("erasure_")).length, 2);
    await context.close();
  });

  test("takes nothing of a second tab that is behind", async () => {
    const address = await both("--area", "990000");
    const page = await open(address);
    await press(page, "同意并继续");
    await page.getByText("没有住房公积金，或这次不查？").waitFor();
    const tab = await page.context().newPage();
    // It hears of nothing: its stream of events is not let through.
    await tab.route(/\/events\?/, (route) => route.abort());
    await tab.goto(address);
    await tab.getByText("没有住房公积金，或这次不查？").click();
    await page.getByText("没有住房公积金，或这次不查？").click();
    await press(page, "这次不查");
    await turn(page, 2);
    await press(tab, "我没有住房公积金");
    await turn(tab, 2);
    await page.getByText("没有社会保险，或这次不查？").click();
    await press(page, "这次不查");
    await page.getByText("没有可以交出的内容").waitFor();
    await assertAccessible(page, "nothing to hand over");
    await press(page, "结束");
    await heading(page, "已删除").waitFor();
    assert.deepEqual(page.mistakes, []);
    await page.context().close();
  });

  test("is done by keyboard, in English", async () => {
    const page = await open(`${await both("--area", "990000")}?lang=en`, SIZES.desktop);
    const tabTo = async (locator) => {
      for (let presses = 0; presses < 40; presses += 1) {
        if (await locator.evaluate((element) => element === document.activeElement)) return;
        await page.keyboard.press("Tab");
      }
      assert.fail("not reached by Tab");
    };
    await heading(page, "Before you agree").waitFor();
    await tabTo(page.getByRole("button", { name: "Agree and go on" }));
    await page.keyboard.press("Enter");
    for (const product of ["housing fund", "social insurance"]) {
      const summary = page.getByText(`No ${product}, or not now?`);
      await summary.waitFor();
      await tabTo(page.locator("details.skip summary"));
      await page.keyboard.press("Enter");
      await tabTo(page.getByRole("button", { name: `I have no ${product}` }));
      await page.keyboard.press("Enter");
      await summary.waitFor({ state: "detached" });
    }
    await page.getByText("There is nothing to hand over.").waitFor();
    await tabTo(page.getByRole("button", { name: "Read it after all housing fund" }));
    await page.keyboard.press("Enter");
    await page.getByText("No housing fund, or not now?").waitFor();
    assert.deepEqual(page.mistakes, []);
    await page.context().close();
  });
});

describe("a question of today", () => {
  const NAMES = {
    滑块验证: "slide", 点选验证: "click", 扫码登录: "scan", 选择账户: "choose", 手机确认: "confirm",
  };

  /** Logs in by a way of the model city, up to its question. */
  async function ask(way, title, number, options) {
    const page = await open(await demo.link("--area", "990000"), options);
    const person = await demo.person(number);
    await press(page, "同意并继续");
    await page.getByRole("tab", { name: way }).click();
    await page.getByRole("tab", { name: way, selected: true }).waitFor();
    if (way === "扫码登录") await press(page, "登录并读取");
    else await logIn(page, person, "good");
    await heading(page, title).waitFor();
    await assertAccessible(page, way);
    await keep(page, NAMES[way]);
    return { page, person };
  }

  async function result({ page }) {
    await heading(page, "这是读到的内容").waitFor({ timeout: 60_000 });
    assert.deepEqual(page.mistakes, []);
    await page.context().close();
  }

  test("slides the piece by pointer, and is told of a wrong place", async () => {
    const asked = await ask("滑块验证", "请拖动滑块", 7, SIZES.desktop);
    const { page } = asked;
    await press(page, "提交");
    await page.getByText("上一次不对").waitFor();
    const x = Number(await demo.puzzle());
    const range = page.locator("input[type=range]");
    const max = Number(await range.getAttribute("max"));
    const box = await range.boundingBox();
    await page.mouse.move(box.x + 8, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + 8 + ((box.width - 16) * x) / max, box.y + box.height / 2);
    await page.mouse.up();
    // A pointer is as fine as the screen; the keys do the rest.
    for (let at = Number(await range.inputValue()); at !== x; at += Math.sign(x - at)) {
      await range.press(at < x ? "ArrowRight" : "ArrowLeft");
    }
    assert.equal(await range.inputValue(), String(x));
    const piece = await page.locator(".piece").boundingBox();
    const ground = await page.locator(".slide img").first().boundingBox();
    assert.ok(Math.abs(piece.x - ground.x - x) < 2, "the piece is where the slider says");
    await press(page, "提交");
    await result(asked);
  });

  test("clicks the words by touch", async () => {
    const asked = await ask("点选验证", "请依次点击图中的文字", 8);
    const { page } = asked;
    const picture = page.locator(".click img");
    const box = await picture.boundingBox();
    const scale = box.width / Number(await picture.getAttribute("width"));
    for (const point of (await demo.puzzle()).split(";")) {
      const [x, y] = point.split(",").map((text) => Number(text) * scale);
      await picture.tap({ position: { x, y } });
    }
    await press(page, "提交");
    await result(asked);
  });

  test("clicks the words by keyboard", async () => {
    const asked = await ask("点选验证", "请依次点击图中的文字", 9, SIZES.desktop);
    const { page } = asked;
    const picture = page.locator(".click img");
    const middle = async (name) => Math.round(Number(await picture.getAttribute(name)) / 2);
    let at = [await middle("width"), await middle("height")];
    await page.locator(".click").focus();
    for (const point of (await demo.puzzle()).split(";")) {
      const to = point.split(",").map(Number);
      const keys = [["ArrowLeft", "ArrowRight"], ["ArrowUp", "ArrowDown"]];
      for (const axis of [0, 1]) {
        const steps = Math.round((to[axis] - at[axis]) / 5);
        for (let step = 0; step < Math.abs(steps); step += 1) {
          await page.keyboard.press(keys[axis][steps > 0 ? 1 : 0]);
        }
        at[axis] += steps * 5;
      }
      await page.keyboard.press("Enter");
    }
    await press(page, "提交");
    await result(asked);
  });

  test("scans, and the page goes on by itself", async () => {
    const asked = await ask("扫码登录", "请扫描二维码", 10);
    await asked.page.getByText("示范通").waitFor();
    const phone = await demo.puzzle();
    await fetch(`${phone}?act=ok&id_card=${asked.person.id_card}`);
    await result(asked);
  });

  test("chooses an account", async () => {
    const asked = await ask("选择账户", "请选择一项", 11);
    const account = await demo.puzzle();
    await asked.page.locator(`input[value="${account}"]`).check();
    await press(asked.page, "提交");
    await result(asked);
    assertSealed(asked.page, [account]);
  });

  test("confirms on the phone, and the page goes on by itself", async () => {
    const asked = await ask("手机确认", "请在手机上确认", 12);
    await fetch(`${await demo.puzzle()}?act=ok`);
    await result(asked);
  });
});

test("what a stranger sends is refused", async () => {
  const address = await demo.link("--area", "990000");
  const unknown = await fetch(`${demo.gateway}/link/${"0".repeat(64)}`);
  assert.equal(unknown.status, 404);
  assert.match(await unknown.text(), /链接无效/);
  for (const what of ["consent", "begin", "answer", "hand-over", "decline"]) {
    const body = new URLSearchParams({ sealed: "x" });
    const forged = await fetch(`${address}/${what}`, { method: "POST", body });
    assert.equal(forged.status, 403, `${what} from another site`);
  }
  const page = await fetch(address);
  assert.match(page.headers.get("content-security-policy"), /script-src 'self';.*frame-ancestors 'none'/);
  assert.equal(page.headers.get("referrer-policy"), "no-referrer");
  const own = { "HX-Request": "true" };
  const huge = new URLSearchParams({ sealed: "x".repeat(1 << 20) });
  const paste = await fetch(`${address}/begin`, { method: "POST", body: huge, headers: own });
  assert.equal(paste.status, 413);
  await assert.rejects(demo.link("--return-url", "https://evil.example/"), /not on the app's list/);
  const scripted = await demo.link("--purpose", "<script>alert(1)</script>");
  assert.doesNotMatch(await (await fetch(scripted)).text(), /<script>alert/);
});
