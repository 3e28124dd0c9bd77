import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildProgram } from "./program.ts";

const folder = mkdtempSync(join(tmpdir(), "fine-tune-lens-"));
const program = join(folder, "cli.js");
const refused = 70;

function offline(...args: readonly string[]) {
  return spawnSync(process.execPath, ["--import", "./test/cli/noNetwork.mjs", ...args], { encoding: "utf8" });
}

describe("the network", () => {
  before(() => buildProgram(program));

  after(() => rmSync(folder, { recursive: true }));

  for (const args of [
    ["check"],
    ["check", "--format", "sarif"],
    ["estimate", "--format", "json"],
    ["schedule", "--format", "csv"],
    ["fit", "--gpu", "rtx-4090"],
  ]) {
    it(`is not used by ${args.join(" ")}`, () => {
      const { status, stdout, stderr } = offline(program, ...args, "examples");
      assert.ok(status === 0 || status === 1, `${status}: ${stderr}`);
      assert.ok(stdout.length > 0);
    });
  }

  it("is refused to whoever tries, in this test", () => {
    for (const attempt of [
      'fetch("http://127.0.0.1:9")',
      'require("node:net").connect(9, "127.0.0.1")',
      'require("node:https").get("https://127.0.0.1:9")',
      'require("node:dns").lookup("localhost", () => {})',
    ]) {
      assert.equal(offline("--eval", attempt).status, refused, attempt);
    }
  });

  it("is within reach of one file alone, which fetches a model's facts when the user asks", () => {
    const reaching =
      /\bfetch\(|from "(?:node:)?(?:net|tls|dns|dgram|https?|http2)"|WebSocket|XMLHttpRequest|EventSource|sendBeacon/;
    const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    assert.deepEqual(
      files
        .filter((name) => reaching.test(readFileSync(join("src", name), "utf8")))
        .map((name) => name.replaceAll("\\", "/")),
      ["features/fetchModel.ts"],
    );
  });
});
