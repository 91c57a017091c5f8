// A demonstration of the gateway as a process of its own, with its lab, and what a test needs of it.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const PROGRAM = process.env.FIVEONE_TEST_PROGRAM ?? "../target/debug/fiveone";

async function freeAddress() {
  const server = createServer();
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return `127.0.0.1:${port}`;
}

export class Demo {
  static async start() {
    const demo = new Demo();
    demo.data = await mkdtemp(join(tmpdir(), "fiveone-browser-"));
    demo.listen = await freeAddress();
    demo.lab = `http://${await freeAddress()}`;
    await demo.run();
    return demo;
  }

  /** Starts the process, on the addresses and the data it had before. */
  async run() {
    const lab = new URL(this.lab).host;
    const words = ["demo", "--json", "--data", this.data, "--listen", this.listen, "--lab", lab];
    this.process = spawn(PROGRAM, words, { stdio: ["ignore", "pipe", "inherit"] });
    const said = await new Promise((resolve, reject) => {
      let text = "";
      this.process.stdout.on("data", (part) => {
        text += part;
        if (text.includes("\n")) resolve(text);
      });
      this.process.on("exit", (code) => reject(new Error(`the demonstration ended with ${code}`)));
    });
    const told = JSON.parse(said);
    this.gateway = told.gateway;
    this.operator = told.operator;
    this.password = told.password;
  }

  async halt(signal = "SIGTERM") {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill(signal);
    await ended;
  }

  async end() {
    await this.halt();
    await rm(this.data, { recursive: true, force: true });
  }

  async command(...words) {
    const { stdout } = await promisify(execFile)(PROGRAM, [...words, "--data", this.data]);
    return stdout.trim();
  }

  /** A new link; its address. */
  link(...words) {
    const all = ["link", "create", "demo", "--product", "fund", "--gateway", this.gateway];
    if (!words.includes("--purpose")) all.push("--purpose", "贷款审核");
    return this.command(...all, ...words);
  }

  /** Login fields of a person of the model city. */
  async person(number = 0, product = "fund") {
    const people = await fetch(`${this.lab}/people?product=${product}&area=990000&n=${number + 1}`);
    return (await people.json())[number].login;
  }

  /** What answers the question that the lab drew last: a place, points, an account, or what a phone opens. */
  async puzzle() {
    return (await (await fetch(`${this.lab}/puzzle`)).json()).answer;
  }

  async inbox(idCard) {
    return (await fetch(`${this.lab}/inbox/${idCard}`)).text();
  }
}

/** What stands in the `tEXt` chunk `answer` of a PNG, where the lab writes what its picture shows. */
export function answerIn(address) {
  const bytes = Buffer.from(address.split(",")[1], "base64");
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const kind = bytes.toString("latin1", at + 4, at + 8);
    const text = bytes.toString("latin1", at + 8, at + 8 + length);
    if (kind === "tEXt" && text.startsWith("answer\0")) return text.slice("answer\0".length);
    at += 12 + length;
  }
  throw new Error("the picture tells no answer");
}
