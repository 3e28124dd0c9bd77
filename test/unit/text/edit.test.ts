import assert from "node:assert/strict";
import {
  type EditValue,
  type KeyEdit,
  overwrite,
  setValue,
  setValues,
  writeNumber,
} from "../../../src/core/text/edit.ts";
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
    ["replaces a text within its quotes", "name: 'a|b>c'\n", "name", "run", "name: 'run'\n"],
    ["replaces a text that has a quote in it", "name: today's\n", "name", "run", "name: run\n"],
    ["replaces a block of text", "lr: >-\n  2e-4\nb: 1\n", "lr", 2e-5, "lr: 2.0e-5\nb: 1\n"],
    ["replaces a block without text", "lr: |\nb: 1\n", "lr", 2e-5, "lr: 2.0e-5\nb: 1\n"],
    ["replaces a word by one that begins with a digit", "optim: lion\n", "optim", "8bit_lion", 'optim: "8bit_lion"\n'],
    ["replaces a word by several", "name: run\n", "name", "run of May", 'name: "run of May"\n'],
    ["replaces a word", "optim: adamw_torch # default\n", "optim", "lion_8bit", "optim: lion_8bit # default\n"],
    ["fills an empty key", "a:\nb: 1\n", "a", 2, "a: 2\nb: 1\n"],
    ["fills an empty key in front of a comment", "a: # none\nb: 1\n", "a", 2, "a: 2 # none\nb: 1\n"],
    ["fills an empty key in front of a distant comment", "a:  # none\nb: 1\n", "a", 2, "a:  2 # none\nb: 1\n"],
    ["fills an empty key behind its anchor", "a: &x\nb: *x\n", "a", 2, "a: &x 2\nb: *x\n"],
    ["fills an empty key behind its tag", "a: !!int\nb: 1\n", "a", 2, "a: !!int 2\nb: 1\n"],
    ["fills a key that is typed by half", "a: 1\nlr\n", "lr", 2, "a: 1\nlr: 2\n"],
    ["fills an empty key in braces", "{ a, b: 1 }\n", "a", 2, "{ a: 2, b: 1 }\n"],
    ["keeps Python's booleans", "bf16: True\n", "bf16", false, "bf16: False\n"],
    ["keeps YAML's booleans", "bf16: true\n", "bf16", false, "bf16: false\n"],
    ["replaces a boolean by a word", "packing: True\n", "packing", "auto", "packing: auto\n"],
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
    ["adds to a mapping that is empty", "train: {}\n", "train.lr", 2, "train: {lr: 2}\n"],
    [
      "adds to a mapping that has nothing but a comment",
      "train: {\n  # none\n}\n",
      "train.lr",
      2,
      "train: {lr: 2\n  # none\n}\n",
    ],
    [
      "adds to a mapping whose keys are no texts",
      "train:\n  ? [a, b]\n  : 1\nb: 2\n",
      "train.lr",
      2,
      "train:\n  ? [a, b]\n  : 1\n  lr: 2\nb: 2\n",
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
    ["adds an entry behind a distant comment", "{\n  a: 1  # one\n}\n", "b", 2, "{\n  a: 1,  # one\n  b: 2\n}\n"],
    [
      "adds an entry behind a distant comma and a comment",
      "{\n  a: 1 , # one\n}\n",
      "b",
      2,
      "{\n  a: 1 , # one\n  b: 2,\n}\n",
    ],
    ["adds an entry in front of a comment on its line", "{ a: 1 # one\n}\n", "b", 2, "{ a: 1, b: 2 # one\n}\n"],
    ["adds an entry in front of a brace on its line", "{\n  a: 1 } # all\n", "b", 2, "{\n  a: 1,\n  b: 2 } # all\n"],
    ["replaces an alias in the notation of its anchor", "a: &x 2e-4\nb: *x\n", "b", 2e-5, "a: &x 2e-4\nb: 2e-5\n"],
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
    [
      "follows a reference to the mapping that it stands in",
      "len: 1\ntrain:\n  len: 2048\n  max: ${.len}\n",
      "train.max",
      4096,
      "len: 1\ntrain:\n  len: 4096\n  max: ${.len}\n",
    ],
  ] as const) {
    it(title, () => assert.equal(yaml(before, path, value), after));
  }

  it("adds a line behind the neighbour it belongs to", () => {
    assert.equal(
      yaml("lr: 1\nscheduler: cosine\nz: 1\n", "warmup", 0.03, ["scheduler"]),
      "lr: 1\nscheduler: cosine\nwarmup: 0.03\nz: 1\n",
    );
    assert.equal(yaml("lr: 1\nz: 1\n", "warmup", 0.03, ["scheduler", "lr"]), "lr: 1\nwarmup: 0.03\nz: 1\n");
  });

  it("ends where the text does", () => {
    const [document] = parseYaml("a: 1");
    assert.ok(document);
    const end = { line: 0, character: 4 };
    assert.deepEqual(setValue(document, "b", 2), [{ range: { start: end, end }, newText: "\nb: 2" }]);
  });

  it("writes JSON as JSON", () => {
    const text = '{\n  "lr": 2e-4,\n  "optim": "sgd"\n}\n';
    assert.equal(json(text, "optim", "adamw_torch"), text.replace("sgd", "adamw_torch"));
    assert.equal(json(text, "bf16", true), '{\n  "lr": 2e-4,\n  "optim": "sgd",\n  "bf16": true\n}\n');
    assert.equal(json('{"a": 1}', "b.c", "x"), '{"a": 1, "b": { "c": "x" }}');
    assert.equal(json("{}", "lr", 2), '{"lr": 2}');
    assert.equal(json("{ /* none */ }", "lr", 2), '{"lr": 2 /* none */ }');
    assert.equal(json('{ "lr": }', "lr", 2), '{ "lr": 2 }');
    assert.equal(json('{ "lr" }', "lr", 2), '{ "lr": 2 }');
  });

  it("tells a comment of JSON that ends a line from one that does not", () => {
    assert.equal(json('{\n  "a": 1 /* one */  \n}', "b", 2), '{\n  "a": 1, /* one */  \n  "b": 2\n}');
    assert.equal(json('{\n  "a": 1 /* one */ }', "b", 2), '{\n  "a": 1,\n  "b": 2 /* one */ }');
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
    [
      "takes keys of several mappings away",
      "m: {a: 1, c: 2}\nn:\n  b: 1\n  d: 2\n",
      { "m.a": null, "n.b": null },
      "m: {c: 2}\nn:\n  d: 2\n",
    ],
    ["takes a key away each time that it is there", "a: 1\nb: 0\na: 2\n", { a: null }, "b: 0\n"],
    ["takes a key out of braces each time", "m: {a: 1, b: 2, a: 3}\n", { "m.a": null }, "m: {b: 2}\n"],
    ["takes a key from between two that are alike", "m: {a: 1, b: 2, a: 3}\n", { "m.b": null }, "m: {a: 1, a: 3}\n"],
    [
      "takes a key from behind those that the braces share",
      "base: &x {lr: 1}\nrun: {<<: *x, a: 1, b: 2}\n",
      { "run.a": null },
      "base: &x {lr: 1}\nrun: {<<: *x, b: 2}\n",
    ],
    ["takes a key from the end of a line", "m: { a: 1, b: 2,\n  c: 3 }\n", { "m.b": null }, "m: { a: 1,\n  c: 3 }\n"],
    ["takes a line with a distant comma", "{\n  a: 1,\n  b: 2 ,\n  c: 3\n}\n", { b: null }, "{\n  a: 1,\n  c: 3\n}\n"],
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
    ["adds behind a line with a byte order mark", "\uFEFFa: 1\n", { b: 2 }, "\uFEFFa: 1\nb: 2\n"],
    ["keeps a byte order mark", "\uFEFFa: 1\nb: 2\n", { a: null }, "\uFEFFb: 2\n"],
    ["makes no byte order mark", "a: 1\n\uFEFFb: 2\nc: 3\n", { a: null }, "\n\uFEFFb: 2\nc: 3\n"],
    ["adds a list", "a: 1\n", { plugins: ["x.Y"] }, "a: 1\nplugins:\n  - x.Y\n"],
    ["adds to a list", "plugins:\n  - x.Y # one\nb: 1\n", { plugins: ["z"] }, "plugins:\n  - x.Y # one\n  - z\nb: 1\n"],
    ["adds to a list that is not indented", "plugins:\n- x\nb: 1\n", { plugins: ["z"] }, "plugins:\n- x\n- z\nb: 1\n"],
    ["adds to a list of old Macs", "plugins:\r- x\rb: 1\r", { plugins: ["z"] }, "plugins:\r- x\r- z\rb: 1\r"],
    [
      "adds behind a mapping in a list",
      "a:\n  - y\n  - x: 1\nb: 2\n",
      { a: ["z"] },
      "a:\n  - y\n  - x: 1\n  - z\nb: 2\n",
    ],
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
    [
      "adds to the last mapping before it adds a key behind it, on old Macs too",
      "a: 1\rtrain:\r  lr: 1\r",
      { "peft.r": 8, "train.steps": 2 },
      "a: 1\rtrain:\r  lr: 1\r  steps: 2\rpeft:\r  r: 8\r",
    ],
    [
      "fills the last key before it adds another behind it",
      "train:\n  lr:\n",
      { "train.steps": 2, "train.lr": 1 },
      "train:\n  lr: 1\n  steps: 2\n",
    ],
    ["adds to a list of mappings and names", "a:\n  - x: 1\n  - y\n", { a: ["z"] }, "a:\n  - x: 1\n  - y\n  - z\n"],
    ["adds behind a key that is empty", "a:\n", { b: 1 }, "a:\nb: 1\n"],
    ["adds to braces", "m: {a: 1}\n", { "m.b": 2, "m.c.d": 3 }, "m: {a: 1, b: 2, c: { d: 3 }}\n"],
    [
      "gives a mapping a key of its own beside the one that it shares",
      "base: &x\n  lr: 1\nrun:\n  <<: *x\n  a: 1\n",
      { "run.lr": 2 },
      "base: &x\n  lr: 1\nrun:\n  <<: *x\n  a: 1\n  lr: 2\n",
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
    [
      "gives a mapping in tight braces a first key of its own",
      "base: &x {lr: 1}\nrun: {<<: *x}\n",
      { "run.lr": 2 },
      "base: &x {lr: 1}\nrun: {<<: *x, lr: 2}\n",
    ],
    [
      "gives a mapping in braces on several lines a first key of its own",
      "base: &x {lr: 1}\nrun: {\n  <<: *x\n}\n",
      { "run.lr": 2 },
      "base: &x {lr: 1}\nrun: {\n  <<: *x,\n  lr: 2\n}\n",
    ],
  ] as const) {
    it(title, () => assert.equal(yaml(before, Object.entries(values)), after));
  }

  for (const [title, text, values] of [
    ["has nothing to take away", "a: 1\n", { b: null }],
    ["leaves a list alone", "a: [1, 2]\n", { a: 3 }],
    ["leaves a list that has the names", "plugins:\n  - x\n", { plugins: ["x"] }],
    ["adds no names to a single value", "plugins: all\n", { plugins: ["x"] }],
    ["adds no names to an empty list", "plugins: []\n", { plugins: ["x"] }],
    ["never repeats a key that holds something else", "peft: lora\na: 1\n", { "peft.r": 8 }],
    ["takes nothing away that a mapping shares", "base: &x\n  lr: 1\nrun:\n  <<: *x\n  a: 1\n", { "run.lr": null }],
    ["leaves a section that a mapping shares", "base: &x\n  peft: {r: 8}\nrun:\n  <<: *x\n", { "run.peft": 1 }],
  ] as const) {
    it(title, () => {
      const [document] = parseYaml(text);
      assert.ok(document);
      assert.deepEqual(setValues(document, Object.entries(values)), []);
    });
  }

  for (const [title, before, after] of [
    ["a line with its comment", '{\n  "a": 1,\n  "b": 2, /* two */ \n  "c": 3\n}', '{\n  "a": 1,\n  "c": 3\n}'],
    ["the last line and the comma above it", '{\n  "a": 1 ,\n  "b": 2\n}', '{\n  "a": 1\n}'],
    ["the comma behind a comment", '{\n  "a": 1 /* one */,\n  "b": 2\n}', '{\n  "a": 1 /* one */\n}'],
    ["the comma below a comment", '{\n  "a": 1 // one\n  ,\n  "b": 2\n}', '{\n  "a": 1 // one\n}'],
    ["no comma of a comment", '{\n  "a": 1 // one, two\n  "b": 2\n}', '{\n  "a": 1 // one, two\n}'],
  ] as const) {
    it(`takes ${title} out of JSON`, () => {
      const [document] = parseJson(before);
      assert.ok(document);
      assert.equal(applyEdits(before, setValues(document, [["b", null]])), after);
    });
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

  it("replaces a list of several lines, and leaves the next key on its own", () => {
    const text = "target_modules:\n  - q_proj\n  - v_proj\nr: 8\n";
    assert.equal(overwritten(text), "target_modules:\n  all-linear\nr: 8\n");
  });

  it("fills an empty key", () => {
    assert.equal(overwritten("target_modules:\nr: 8\n"), "target_modules: all-linear\nr: 8\n");
    assert.equal(overwritten("target_modules: # none\nr: 8\n"), "target_modules: all-linear # none\nr: 8\n");
  });
});

describe("writing a number in place of a text that spells it", () => {
  it("leaves its quotes out, and writes what every loader reads as a number", () => {
    const text = "lr: '2e-5' # peak\n";
    const [document] = parseYaml(text);
    const node = document?.root.entries.get("lr")?.value;
    assert.ok(document && node?.kind === "scalar");
    assert.equal(applyEdits(text, [writeNumber(document, node, 2e-5)]), "lr: 2.0e-5 # peak\n");
  });
});
