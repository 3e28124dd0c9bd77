import assert from "node:assert/strict";
import fc from "fast-check";
import type { ConfigDocument, ConfigNode } from "../../../src/core/text/document.ts";
import { parseYaml as parse } from "../../../src/core/text/yaml.ts";

/** The first document of a stream. */
function parseYaml(text: string): ConfigDocument {
  const [document] = parse(text);
  assert.ok(document);
  return document;
}

describe("reading YAML", () => {
  it("takes numbers as people write them, whatever a YAML version says", () => {
    const document = parseYaml("a: 1e-5\nb: 2.0e-4\nc: .5\nd: 500_000\ne: 0.0002\nf: -3\ng: 6.e-5\nh: .inf\n");
    assert.deepEqual(scalars(document), {
      a: 1e-5,
      b: 2e-4,
      c: 0.5,
      d: 500_000,
      e: 0.0002,
      f: -3,
      g: 6e-5,
      h: Number.POSITIVE_INFINITY,
    });
  });

  it("keeps quoted values as text and tells booleans, nulls and words apart", () => {
    const document = parseYaml("a: '1e-5'\nb: \"no\"\nc: no\nd:\ne: ~\nf: auto\ng: None\n");
    assert.deepEqual(scalars(document), { a: "1e-5", b: "no", c: false, d: null, e: null, f: "auto", g: "None" });
  });

  it("says where each key and value stands", () => {
    const text = "# a comment\r\nlearning_rate:   2e-5 # peak\r\nmodel: 'x'\r\n";
    const document = parseYaml(text);
    const entry = document.root.entries.get("learning_rate");
    assert.ok(entry);
    assert.equal(text.slice(entry.value.span.start, entry.value.span.end), "2e-5");
    assert.deepEqual(document.rangeOf(entry.value.span), {
      start: { line: 1, character: 17 },
      end: { line: 1, character: 21 },
    });
    assert.deepEqual(document.rangeOf(entry.keySpan), {
      start: { line: 1, character: 0 },
      end: { line: 1, character: 13 },
    });
    const quoted = document.root.entries.get("model")?.value;
    assert.equal(quoted && text.slice(quoted.span.start, quoted.span.end), "'x'");
    assert.deepEqual(document.problems, []);
  });

  it("tells what stands in quotes or in a block from what does not", () => {
    const { root } = parseYaml("a: 1\nb: '1'\nc: \"1\"\nd: |-\n  1\ne:\n");
    assert.deepEqual(
      [...root.entries.values()].map(({ value }) => value.kind === "scalar" && value.quoted),
      [false, true, true, true, false],
    );
  });

  for (const [text, key, place] of [
    ["seed: 1\nlr:\n", "lr", "seed: 1\nlr:"],
    ["seed: 1\nlr\n", "lr", "seed: 1\nlr"],
    ["{ seed: 1, lr }\n", "lr", "{ seed: 1, lr"],
    ["lr: &peak\nseed: 1\n", "lr", "lr: &peak"],
    ["seed: 1\nlr: *peak\n", "lr", "seed: 1\nlr: "],
  ] as const) {
    it(`places the value that ${key} lacks in ${JSON.stringify(text)}`, () => {
      const node = parseYaml(text).root.entries.get(key)?.value;
      const span = { start: place.length, end: place.length };
      assert.deepEqual(node, { kind: "scalar", value: null, source: "", quoted: false, span });
    });
  }

  it("says where the mark stands that it stumbles over", () => {
    const text = "betas: [0.9,, 0.95]\n";
    const [problem] = parseYaml(text).problems;
    assert.equal(problem?.message, "Unexpected , in flow sequence");
    assert.deepEqual(problem.span, { start: text.indexOf(",,") + 1, end: text.indexOf(",,") + 2 });
  });

  it("leaves out keys that are no texts, and keeps what is beside them", () => {
    assert.deepEqual(scalars(parseYaml("? [a, b]\n: 1\n? { c: 1 }\n: 2\nlr: 3\n")), { lr: 3 });
    assert.deepEqual(scalars(parseYaml("{ &name lr: 1, *name : 2 }\n")), { lr: 1 });
  });

  it("has nothing for an alias of what is not there, or not yet", () => {
    const { root } = parseYaml("a: *none\nb: &list [1, *list]\nc: 3\n");
    assert.equal(scalar(root.entries.get("a")?.value), null);
    const list = root.entries.get("b")?.value;
    assert.deepEqual(list?.kind === "list" && list.items.map(scalar), [1, null]);
    assert.equal(scalar(root.entries.get("c")?.value), 3);
  });

  it("resolves anchors and merge keys, and lets a mapping's own keys win", () => {
    const document = parseYaml("base: &base {lr: 1e-4, epochs: 3}\n<<: *base\nepochs: 1\nagain: *base\n");
    assert.equal(scalar(document.root.entries.get("lr")?.value), 1e-4);
    assert.equal(scalar(document.root.entries.get("epochs")?.value), 1);
    assert.equal(document.root.entries.get("again")?.value, document.root.entries.get("base")?.value);
  });

  it("merges lists of mappings, and no lists within them", () => {
    const { root } = parseYaml("a: &a { x: 1 }\nb: &b { x: 2, y: 3 }\nc: { <<: [*a, *b, [{ z: 4 }]] }\n");
    const map = root.entries.get("c")?.value;
    assert.ok(map?.kind === "map");
    assert.deepEqual(
      [...map.entries].map(([key, { value }]) => [key, scalar(value)]),
      [
        ["x", 1],
        ["y", 3],
      ],
    );
  });

  it("ends lines where a lone carriage return stands, as PyYAML does", () => {
    assert.deepEqual(scalars(parseYaml("a: 1\rb: 2\r\nc: 3\n")), { a: 1, b: 2, c: 3 });
  });

  it("takes a long row of digits for the word that it is, at once", () => {
    const digits = `${"1".repeat(500_000)}x`;
    assert.deepEqual(scalars(parseYaml(`a: ${digits}\n`)), { a: digits });
  });

  it("takes the last of repeated keys, as PyYAML does, and keeps the others apart", () => {
    const document = parseYaml("a: 1\nb: 0\na: 2\na: 3\n");
    assert.deepEqual(scalars(document), { a: 3, b: 0 });
    assert.deepEqual(
      document.root.displaced.map(({ key, value }) => [key, scalar(value)]),
      [
        ["a", 1],
        ["a", 2],
      ],
    );
  });

  it("takes the first document of a stream that is a mapping", () => {
    assert.deepEqual(scalars(parseYaml("---\n- 1\n---\na: 1\n---\nb: 2\n")), { a: 1 });
  });

  it("keeps what it could read of a half-typed file", () => {
    const document = parseYaml("base_model: x\nlearning_rate: 2e-4\ndatasets: [\n");
    assert.equal(scalar(document.root.entries.get("learning_rate")?.value), 2e-4);
    assert.ok(document.problems.length > 0);
  });

  it("skips a byte order mark", () => {
    assert.deepEqual(scalars(parseYaml("\ufeffa: 1\n")), { a: 1 });
  });

  it("takes any text without an exception", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0x10_ff_ff }), { maxLength: 200 }), (points) => {
        const text = String.fromCodePoint(...points);
        for (const document of parse(text)) assert.equal(document.text, text);
      }),
    );
  });
});

function scalar(node: ConfigNode | undefined): unknown {
  assert.equal(node?.kind, "scalar");
  return node.value;
}

function scalars({ root }: ConfigDocument): Record<string, unknown> {
  return Object.fromEntries([...root.entries].map(([key, { value }]) => [key, scalar(value)]));
}
