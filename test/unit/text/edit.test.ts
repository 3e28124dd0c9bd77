import assert from "node:assert/strict";
import { type EditValue, type KeyEdit, overwrite, setValue, setValues } from "../../../src/core/text/edit.ts";
import { parseJson } from "../../../src/core/text/json.ts";
import { parseYaml } from "../../../src/core/text/yaml.ts";
import { applyEdits } from "../edits.ts";

describe("setting a value", () => {
  const yaml = (text: string, path: string, value: EditValue, beside: readonly string[] = []) => {
    const [document] = parseYaml(text);
    assert.ok(document);
    return applyEdits(text, setValue(document, path, value, beside));
  };
  const json = (text: string, path: string, value: EditValue) => {
    const [document] = parseJson(text);
    assert.ok(document);
    return applyEdits(text, setValue(document, path, value));
  };

  for (const [title, before, path, value, after] of [
    ["replaces a number within its quotes", "lr: '2e-4' # as text\n", "lr", 2e-5, "lr: '2e-5' # as text\n"],
    ["replaces a block of text", "lr: >-\n  2e-4\nb: 1\n", "lr", 2e-5, "lr: 2.0e-5\nb: 1\n"],
    ["replaces a block without text", "lr: |\nb: 1\n", "lr", 2e-5, "lr: 2.0e-5\nb: 1\n"],
    ["replaces a word", "optim: adamw_torch # default\n", "optim", "lion_8bit", "optim: lion_8bit # default\n"],
    ["fills an empty key", "a:\nb: 1\n", "a", 2, "a: 2\nb: 1\n"],
    ["fills an empty key in front of a comment", "a: # none\nb: 1\n", "a", 2, "a: 2 # none\nb: 1\n"],
    ["keeps Python's booleans", "bf16: True\n", "bf16", false, "bf16: False\n"],
    ["reaches nested keys", "train:\n  lr: 1e-3\n  steps: 5\n", "train.lr", 1e-4, "train:\n  lr: 1e-4\n  steps: 5\n"],
    ["adds a line behind the last key", "a: 1\nb: 2\n", "c", 3, "a: 1\nb: 2\nc: 3\n"],
    ["adds a line where the file has no last line break", "a: 1", "c", 3, "a: 1\nc: 3"],
    ["adds a line with the file's own line breaks", "a: 1\r\nb: 2\r\n", "c", 3, "a: 1\r\nb: 2\r\nc: 3\r\n"],
    ["adds a line behind a comment on the same line", "a: 1 # one\n", "b", 2, "a: 1 # one\nb: 2\n"],
    [
      "adds a line to a nested mapping",
      "train:\n    lr: 1e-3\nother: 1\n",
      "train.steps",
      9,
      "train:\n    lr: 1e-3\n    steps: 9\nother: 1\n",
    ],
    ["adds a mapping that is missing", "a: 1\n", "train.lr", 1e-4, "a: 1\ntrain:\n  lr: 1.0e-4\n"],
    ["adds behind a list", "a:\n  - x\n  - y\nb: 1\n", "c", 2, "a:\n  - x\n  - y\nb: 1\nc: 2\n"],
    ["adds an entry in braces", "{ a: 1, b: 2 }\n", "c", 3, "{ a: 1, b: 2, c: 3 }\n"],
    [
      "adds an entry with the quotes of its neighbours",
      '{\n  "a": 1,\n  "b": 2,\n}\n',
      "c",
      3,
      '{\n  "a": 1,\n  "b": 2,\n  "c": 3,\n}\n',
    ],
    [
      "adds an entry behind a comment",
      "{\n  a: 1, # one\n  b: 2 # two\n}\n",
      "c",
      3,
      "{\n  a: 1, # one\n  b: 2, # two\n  c: 3\n}\n",
    ],
    ["adds an entry behind a comma and a comment", "{\n  a: 1, # one\n}\n", "b", 2, "{\n  a: 1, # one\n  b: 2,\n}\n"],
    ["adds an entry where the comment is another's", "{ a: 1 } # all\n", "b", 2, "{ a: 1, b: 2 } # all\n"],
    ["replaces an alias, not its anchor", "a: &x 1\nb: *x\n", "b", 2, "a: &x 1\nb: 2\n"],
    [
      "overrides a merged key, leaving the anchor",
      "base: &b {lr: 1}\nrun:\n  <<: *b\n  n: 1\n",
      "run.lr",
      2,
      "base: &b {lr: 1}\nrun:\n  <<: *b\n  n: 1\n  lr: 2\n",
    ],
    [
      "follows a reference to its definition",
      "vars:\n  len: 2048\nmax: ${vars.len}\n",
      "max",
      4096,
      "vars:\n  len: 4096\nmax: ${vars.len}\n",
    ],
    ["leaves a list alone", "a: [1, 2]\n", "a", 3, "a: [1, 2]\n"],
  ] as const) {
    it(title, () => assert.equal(yaml(before, path, value), after));
  }

  it("adds a line behind the neighbour it belongs to", () => {
    assert.equal(
      yaml("lr: 1\nscheduler: cosine\nz: 1\n", "warmup", 0.03, ["scheduler"]),
      "lr: 1\nscheduler: cosine\nwarmup: 0.03\nz: 1\n",
    );
  });

  it("writes JSON as JSON", () => {
    const text = '{\n  "lr": 2e-4,\n  "optim": "sgd"\n}\n';
    assert.equal(json(text, "optim", "adamw_torch"), text.replace("sgd", "adamw_torch"));
    assert.equal(json(text, "bf16", true), '{\n  "lr": 2e-4,\n  "optim": "sgd",\n  "bf16": true\n}\n');
    assert.equal(json('{"a": 1}', "b.c", "x"), '{"a": 1, "b": { "c": "x" }}');
  });
});

describe("setting several values", () => {
  type Values = readonly (readonly [string, KeyEdit])[];
  const yaml = (text: string, values: Values) => {
    const [document] = parseYaml(text);
    assert.ok(document);
    return applyEdits(text, setValues(document, values));
  };

  for (const [title, before, values, after] of [
    ["adds new keys together", "a: 1\n", { b: 2, c: true }, "a: 1\nb: 2\nc: true\n"],
    [
      "adds new keys of a missing mapping once",
      "a: 1\n",
      { "peft.r": 16, "peft.alpha": 32 },
      "a: 1\npeft:\n  r: 16\n  alpha: 32\n",
    ],
    ["replaces and adds", "a: 1\nb: x\n", { a: 2, c: "y" }, "a: 2\nb: x\nc: y\n"],
    ["takes a key away", "a: 1\nb: x # small\nc: 2\n", { b: null }, "a: 1\nc: 2\n"],
    ["takes a section away", "a: 1\nb:\n  r: 1\n  s: 2\n\nc: 2\n", { b: null }, "a: 1\n\nc: 2\n"],
    ["takes away what Windows wrote", "a: 1\r\nb: x\r\n", { b: null }, "a: 1\r\n"],
    ["takes a mapping away with its braces", "a: {b: 1, c: {d: 1, e: 2}, f: 3}", { "a.c": null }, "a: {b: 1, f: 3}"],
    ["takes the last key away and adds another", "a: 1\nb: x", { b: null, c: 2 }, "a: 1\nc: 2\n"],
    ["takes a key out of braces", "m: {a: 1, b: 2, c: 3}\n", { "m.b": null }, "m: {a: 1, c: 3}\n"],
    ["takes the first key out of braces", "m: {a: 1, b: 2}\n", { "m.a": null }, "m: {b: 2}\n"],
    ["takes a mapping out of braces", "{a: 1, m: {b: 2}, c: 3}\n", { m: null }, "{a: 1, c: 3}\n"],
    [
      "takes the last lines out of braces",
      "{\n  a: 1, # one\n  b: 2,\n  c: 3\n}\n",
      { b: null, c: null },
      "{\n  a: 1 # one\n}\n",
    ],
    [
      "takes lines out of the middle of braces",
      "{\n  a: 1,\n  b: 2,\n  c: 3,\n  d: 4\n}\n",
      { b: null, c: null },
      "{\n  a: 1,\n  d: 4\n}\n",
    ],
    [
      "takes two of four out of a line and a half",
      "{\n  a: 1,\n  b: 2,\n  c: 3, d: 4\n}\n",
      { b: null, c: null },
      "{\n  a: 1, d: 4\n}\n",
    ],
    ["takes all lines out of braces", "m: {\n  a: 1,\n  b: 2\n}\n", { "m.a": null, "m.b": null }, "m: {\n}\n"],
    ["keeps the comment of the line above", "{\n  a: 1, # one\n  b: 2\n}\n", { b: null }, "{\n  a: 1 # one\n}\n"],
    [
      "takes a line out of braces",
      "{\n  a: 1, # one\n  b: 2, # two\n  # three\n  c: 3\n}\n",
      { b: null },
      "{\n  a: 1, # one\n  # three\n  c: 3\n}\n",
    ],
    ["takes several keys out of braces", "m: {a: 1, b: 2, c: 3}\n", { "m.a": null, "m.b": null }, "m: {c: 3}\n"],
    ["takes all keys out of braces", "m: {a: 1, b: 2}\nn: 1\n", { "m.a": null, "m.b": null }, "m: {}\nn: 1\n"],
    [
      "takes a section away with what is in it",
      "m: {a: {b: 1}, c: 2}\n",
      { "m.a": null, "m.a.b": null },
      "m: {c: 2}\n",
    ],
    ["takes a section out of braces", "m: {a: 1, b: {c: 2}}\n", { "m.b": null }, "m: {a: 1}\n"],
    ["keeps to its line where lines end as on old Macs", "a: 1\rb: x\rc: 2\r", { b: null, d: 3 }, "a: 1\rc: 2\rd: 3\r"],
    ["has nothing to take away", "a: 1\n", { b: null }, "a: 1\n"],
    ["adds a list", "a: 1\n", { plugins: ["x.Y"] }, "a: 1\nplugins:\n  - x.Y\n"],
    ["adds to a list", "plugins:\n  - x.Y # one\nb: 1\n", { plugins: ["z"] }, "plugins:\n  - x.Y # one\n  - z\nb: 1\n"],
    ["adds to a list that is not indented", "plugins:\n- x\nb: 1\n", { plugins: ["z"] }, "plugins:\n- x\n- z\nb: 1\n"],
    ["adds to a list in brackets", "plugins: [x, y]\n", { plugins: ["y", "z"] }, "plugins: [x, y, z]\n"],
    [
      "adds to the last list before it adds a key behind it",
      "a: 1\nplugins:\n  - x\n",
      { b: 2, plugins: ["y"] },
      "a: 1\nplugins:\n  - x\n  - y\nb: 2\n",
    ],
    [
      "adds to the last mapping before it adds a key behind it",
      "a: 1\ntrain:\n  lr: 1\n",
      { "peft.r": 8, "train.steps": 2 },
      "a: 1\ntrain:\n  lr: 1\n  steps: 2\npeft:\n  r: 8\n",
    ],
    ["adds to a list of mappings and names", "a:\n  - x: 1\n  - y\n", { a: ["z"] }, "a:\n  - x: 1\n  - y\n  - z\n"],
    ["adds no names to a single value", "plugins: all\n", { plugins: ["x"] }, "plugins: all\n"],
    ["adds no names to an empty list", "plugins: []\n", { plugins: ["x"] }, "plugins: []\n"],
    ["adds behind a key that is empty", "a:\n", { b: 1 }, "a:\nb: 1\n"],
    ["adds to braces", "m: {a: 1}\n", { "m.b": 2, "m.c.d": 3 }, "m: {a: 1, b: 2, c: { d: 3 }}\n"],
    [
      "gives a mapping a key of its own beside the one that it shares",
      "base: &x\n  lr: 1\nrun:\n  <<: *x\n  a: 1\n",
      { "run.lr": 2 },
      "base: &x\n  lr: 1\nrun:\n  <<: *x\n  a: 1\n  lr: 2\n",
    ],
    [
      "takes nothing away that a mapping shares",
      "base: &x\n  lr: 1\nrun:\n  <<: *x\n  a: 1\n",
      { "run.lr": null },
      "base: &x\n  lr: 1\nrun:\n  <<: *x\n  a: 1\n",
    ],
    [
      "puts a key in the place of the only one",
      "m:\n  a: 1 # one\nn: 2\n",
      { "m.b": 3, "m.a": null },
      "m:\n  b: 3 # one\nn: 2\n",
    ],
    [
      "puts keys in the place of all in braces",
      '{"m": {"a": 1, "b": 2}}',
      { "m.a": null, "m.b": null, "m.c": 3, "m.d": 4 },
      '{"m": {"c": 3, "d": 4}}',
    ],
    [
      "puts keys in the place of all",
      "m:\n  a: 1\n  b: 2\n",
      { "m.a": null, "m.b": null, "m.c": 3, "m.d": 4 },
      "m:\n  c: 3\n  d: 4\n",
    ],
    [
      "gives a mapping a first key of its own",
      "base: &x\n  lr: 1\nrun:\n  <<: *x\n\nb: 1\n",
      { "run.lr": 2 },
      "base: &x\n  lr: 1\nrun:\n  <<: *x\n  lr: 2\n\nb: 1\n",
    ],
    [
      "gives a mapping in braces a first key of its own",
      "base: &x {lr: 1}\nrun: { <<: *x }\n",
      { "run.lr": 2 },
      "base: &x {lr: 1}\nrun: { <<: *x, lr: 2 }\n",
    ],
    ["leaves a list that has the names", "plugins:\n  - x\n", { plugins: ["x"] }, "plugins:\n  - x\n"],
    ["never repeats a key that holds something else", "peft: lora\na: 1\n", { "peft.r": 8 }, "peft: lora\na: 1\n"],
  ] as const) {
    it(title, () => assert.equal(yaml(before, Object.entries(values)), after));
  }

  it("writes lists of JSON on one line or one below the other, as they stand", () => {
    const json = (text: string, values: Values) => {
      const [document] = parseJson(text);
      assert.ok(document);
      return applyEdits(text, setValues(document, values));
    };
    assert.equal(json('{"a": 1}', [["b", ["x", "y"]]]), '{"a": 1, "b": ["x", "y"]}');
    assert.equal(json('{\n  "b": [\n    "x"\n  ]\n}', [["b", ["y"]]]), '{\n  "b": [\n    "x",\n    "y"\n  ]\n}');
    const commented = '{\n  "b": [\n    "x" // why\n  ]\n}';
    const expected = '{\n  "b": [\n    "x", // why\n    "y",\n    "z"\n  ]\n}';
    assert.equal(json(commented, [["b", ["y", "z"]]]), expected);
  });
});

describe("writing in place of all that stands behind a key", () => {
  const overwritten = (text: string) => {
    const [document] = parseYaml(text);
    assert.ok(document);
    return applyEdits(text, overwrite(document, "target_modules", "all-linear"));
  };

  it("replaces a list, and leaves what is absent", () => {
    assert.equal(overwritten("target_modules: [q_proj, v_proj]\nr: 8\n"), "target_modules: all-linear\nr: 8\n");
    assert.equal(overwritten("r: 8\n"), "r: 8\n");
  });
});
