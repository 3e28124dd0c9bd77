import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TextFormat } from "../../src/core/text/document.ts";
import { analysisOf } from "../unit/analysis.ts";
import { unsaidChanges } from "../unit/rules/fixSafety.ts";
import { type Fixture, fixtures } from "../unit/rules/fixture.ts";

const examples: readonly Pick<Fixture, "name" | "text" | "options">[] = readdirSync("examples", {
  recursive: true,
  encoding: "utf8",
})
  .filter((name) => /\.(?:ya?ml|json)$/.test(name) && !name.includes("data"))
  .map((name) => {
    const format: TextFormat = name.endsWith(".json") ? "json" : "yaml";
    return { name, text: readFileSync(join("examples", name), "utf8"), options: { format } };
  });

describe("every fix", () => {
  for (const { name, text, options } of [...fixtures(), ...examples]) {
    it(`changes what its title names, and nothing else: ${name}`, () => {
      for (const { fixes } of analysisOf(text, options).findings) {
        for (const fix of fixes) {
          const { format = "yaml" } = options;
          const whole = fix.uri === undefined ? text : (options.linked?.get(fix.uri)?.document.text ?? "");
          const written: TextFormat = fix.uri === undefined ? format : fix.uri.endsWith(".json") ? "json" : "yaml";
          assert.deepEqual(unsaidChanges(whole, written, fix), [], fix.title);
        }
      }
    });
  }

  it("is told from one that does more than it says", () => {
    const text = "learning_rate: 2e-4\nweight_decay: 0\n";
    const start = { line: 0, character: 15 };
    const range = { start, end: { line: 1, character: 15 } };
    const fix = { title: "Set learning_rate to 2e-5", preferred: false, keepsExperiment: false };
    const more = { ...fix, edits: [{ range, newText: "2e-5\nweight_decay: 1" }] };
    assert.deepEqual(unsaidChanges(text, "yaml", more), ["changes 0\0weight_decay unsaid"]);
    const less = { ...fix, edits: [{ range: { start, end: { line: 0, character: 19 } }, newText: "2e-5" }] };
    assert.deepEqual(unsaidChanges(text, "yaml", less), []);
  });
});
