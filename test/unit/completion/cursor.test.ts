import assert from "node:assert/strict";
import { cursorsAt } from "../../../src/core/completion/cursor.ts";
import type { TextFormat } from "../../../src/core/text/document.ts";
import { lineStarts, positionAt } from "../../../src/core/text/position.ts";

/** What the cursor at the `|` can complete, and what of it has been typed. */
function at(text: string, format: TextFormat = "yaml"): readonly string[] {
  const offset = text.indexOf("|");
  const clean = text.slice(0, offset) + text.slice(offset + 1);
  const starts = lineStarts(clean);
  return cursorsAt(clean, format, positionAt(starts, offset)).map(({ kind, path, range: { start, end } }) => {
    const [from, to] = [start, end].map(({ line, character }) => (starts[line] ?? 0) + character);
    return `${kind} ${path} <${clean.slice(from, to)}>`;
  });
}

describe("what a cursor can complete", () => {
  for (const [what, text, expected] of [
    ["a value at the top", "optimizer: adam|", ["value optimizer <adam>"]],
    ["a value further in", "train:\n  lr_warmup_steps: |", ["value train.lr_warmup_steps <>"]],
    ["the key of a value that has none yet", "lr|", ["key  <lr>"]],
    ["a key below blank lines and comments", "train:\n\n  # how long\n  ep|", ["key train <ep>"]],
    ["a key at the top of a new document", "train:\n  epochs: 1\n---\n  ep|", ["key  <ep>"]],
    ["a name or a key in a list", "datasets:\n  - al|", ["value datasets <al>", "key datasets <al>"]],
    ["the last name in brackets", "lora_target_modules: [q_proj, v_|", ["value lora_target_modules <v_>"]],
    ["nothing in a comment", "lr: 1e-5 # as in the pa|", []],
    ["nothing behind a colon without a blank", "optimizer:|", []],
    ["nothing in the middle of a text", 'note: "two wor|', []],
    ["nothing in a line that is no key", "two wor|", []],
    ["nothing behind brackets", "betas: [0.9, 0.95] an|", []],
  ] as const) {
    it(`is ${what}`, () => assert.deepEqual(at(text), expected));
  }

  for (const [what, text, expected] of [
    ["a value", '{ "train": { "epochs": 1| } }', ["value train.epochs <1>"]],
    ["a key where none is typed", '{ "epochs": 1,   | }', ["key  <>"]],
    ["nothing outside of all keys", "[|]", []],
  ] as const) {
    it(`is ${what}, in JSON`, () => assert.deepEqual(at(text, "json"), expected));
  }
});
