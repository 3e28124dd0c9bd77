import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { analyze, whyUnread } from "../../src/core/analyze.ts";
import type { LinkedFiles } from "../../src/core/dialects/links.ts";
import { parse } from "../../src/core/text/parse.ts";
import { buildProgram } from "../cli/program.ts";
import { catalogue } from "../unit/builtIn.ts";
import { textsIn } from "./configTexts.ts";
import { hostilePieces, hostileTexts } from "./hostileTexts.ts";
import { analysisOfAny, changeEverything, showEverything } from "./surfaces.ts";

/** Of the processor, however busy it is. No text takes as long. */
const mostSeconds = 10;

describe("a hostile text", () => {
  for (const { name, ...config } of hostileTexts) {
    it(`is read, or refused in words, soon: ${name}`, () => {
      const started = process.cpuUsage();
      const analysis = analysisOfAny(config);
      if (analysis) {
        showEverything(analysis, [0, 0.5, 1]);
        if (config.text.length < 20_000) changeEverything(analysis);
      } else assert.match(whyUnread(config.text, config.format) ?? "", /^not read: it /);
      const { user, system } = process.cpuUsage(started);
      assert.ok(user + system < 1e6 * mostSeconds, `it took ${(user + system) / 1e6} seconds`);
    });
  }

  it("is read when it inherits from itself several times over", () => {
    const text =
      "defaults: [a.yaml, a.yaml, a.yaml, a.yaml, a.yaml, a.yaml]\npolicy:\n  optimizer:\n    kwargs: { lr: 5e-6 }\n";
    const document = parse(text, "yaml")[0] ?? assert.fail("it has no document");
    const linked: LinkedFiles = { get: () => ({ document, uri: "file:///a.yaml", linked }) };
    const config = `${text}  model_name: Qwen/Qwen2.5-1.5B\ngrpo:\n  num_prompts_per_step: 32\n`;
    assert.equal(analyze(config, { format: "yaml", catalogue, linked })?.dialect.id, "nemo-rl");
  });

  it("is read behind a config of any framework", () => {
    const small = Object.entries(hostilePieces).filter(([, { length }]) => length < 5000);
    for (const { text, format } of textsIn(["examples"])) {
      if (format === "json") continue;
      for (const [name, piece] of small) {
        const analysis = analysisOfAny({ text: `${text}\n${piece}`, format });
        if (analysis) assert.doesNotThrow(() => showEverything(analysis, [0, 0.5, 1]), name);
      }
    }
  });
}).timeout(0);

describe("the command line, given hostile files", () => {
  const folder = mkdtempSync(join(tmpdir(), "fine-tune-lens-"));
  const program = join(folder, "cli.js");
  const files = join(folder, "files");
  const bytes: Readonly<Record<string, Uint8Array>> = {
    "noise.yaml": Uint8Array.from({ length: 100_000 }, (_, index) => (index * index * 31 + index * 7) % 256),
    "utf-16.yaml": Buffer.from("\uFEFFlearning_rate: 2e-4\nmicro_batch_size: 1\n", "utf16le"),
    "half-a-letter.yaml": Buffer.concat([Buffer.from("learning_rate: 2e-4\nname: "), Buffer.from([0xf0, 0x9f])]),
    "empty.yaml": new Uint8Array(),
    "nothing.json": new Uint8Array(1000),
  };

  before(async () => {
    await buildProgram(program);
    mkdirSync(files);
    for (const [index, { format, text }] of hostileTexts.entries())
      writeFileSync(join(files, `${index}.${format}`), text);
    for (const [name, content] of Object.entries(bytes)) writeFileSync(join(files, name), content);
  });

  after(() => rmSync(folder, { recursive: true }));

  for (const [command = "", ...options] of [
    ["check"],
    ["check", "--format", "sarif"],
    ["estimate", "--format", "json"],
    ["schedule", "--format", "csv"],
    ["schedule", "--steps", "1000", "--format", "json"],
    ["fit", "--gpu", "rtx-4090"],
  ]) {
    it(`ends with 0, 1 or 2 and no stack trace: ${[command, ...options].join(" ")}`, () => {
      const args = [program, command, files, ...options];
      const run = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 240_000, maxBuffer: 2 ** 28 });
      assert.ok(run.status === 0 || run.status === 1 || run.status === 2, `${run.status} ${run.signal} ${run.stderr}`);
      assert.doesNotMatch(run.stderr, /^ {4}at /m);
      if (options.includes("json")) assert.doesNotThrow(() => JSON.parse(run.stdout));
    }).timeout(0);
  }
});
