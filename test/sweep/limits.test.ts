import assert from "node:assert/strict";
import { textsMatching } from "../../src/core/models/pattern.ts";
import type { ConfigDocument, ConfigNode } from "../../src/core/text/document.ts";
import { parseYaml as parse } from "../../src/core/text/yaml.ts";

/** The first document of a stream. */
function parseYaml(text: string): ConfigDocument {
  const [document] = parse(text);
  assert.ok(document);
  return document;
}

/** What is written behind all else. */
function endOf({ root }: ConfigDocument): unknown {
  const end = root.entries.get("end")?.value;
  return end?.kind === "scalar" ? end.value : undefined;
}

describe("the limits of reading YAML", () => {
  it("keeps what is around brackets that are nested too deeply, and says so", () => {
    const { root, problems } = parseYaml(`a: 1\nb: ${"[".repeat(20_000)}${"]".repeat(20_000)}\nc: 3\n`);
    assert.deepEqual([...root.entries.keys()], ["a", "b", "c"]);
    assert.equal(problems[0]?.message, "nested too deeply to read");
  });

  it("takes lists that are nested too deeply without an exception, and says so where anything is left of them", () => {
    const documents = parse(`a: 1\nb:\n  ${"- ".repeat(20_000)}x\n`);
    for (const { problems } of documents) assert.equal(problems[0]?.message, "nested too deeply to read");
  });

  it("stops repeating where a few aliases would become too many values, and says so", () => {
    const keys = Array.from({ length: 1000 }, (_, n) => `  key${n}: ${n}\n`).join("");
    const copies = Array.from({ length: 1000 }, (_, n) => `  copy${n}: { <<: *base }\n`).join("");
    const [document] = parse(`base: &base\n${keys}all:\n${copies}end: 1\n`);
    assert.equal(document && endOf(document), 1);
    const all = document?.root.entries.get("all")?.value;
    assert.ok(all?.kind === "map");
    const sizes = [...all.entries.values()].map(({ value }) => (value.kind === "map" ? value.entries.size : -1));
    // A copy brings in the mapping and its thousand keys: 99 copies are 99,099 values.
    assert.deepEqual(sizes, [...Array(99).fill(1000), ...Array(901).fill(0)]);
    assert.match(document?.problems[0]?.message ?? "", /^aliases bring in more than 100,000 values/);
  });

  it("repeats as many values as the limit says, and no more", () => {
    const base = `seed: 1\nbase: &base [${"1, ".repeat(999)}]\n`;
    const copies = (count: number) => {
      const { root, problems } = parseYaml(`${base}all: [${"*base, ".repeat(count)}]\n`);
      const all = root.entries.get("all")?.value;
      assert.ok(all?.kind === "list");
      return { kinds: all.items.map(({ kind }) => kind), problems };
    };
    // The list and its items are a thousand values.
    assert.deepEqual(copies(100), { kinds: Array(100).fill("list"), problems: [] });
    assert.deepEqual(copies(101), {
      kinds: [...Array(100).fill("list"), "scalar"],
      problems: [
        {
          message: "aliases bring in more than 100,000 values; the others are left empty",
          span: { start: 0, end: 0 },
        },
      ],
    });
  });

  it("counts what is behind aliases of aliases", () => {
    const levels = Array.from({ length: 20 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n}, `.repeat(9)}]\n`);
    const document = parseYaml(`a0: &a0 [x]\n${levels.join("")}end: 1\n`);
    const size = (node: ConfigNode): number =>
      node.kind === "list" ? 1 + node.items.reduce((sum, item) => sum + size(item), 0) : 1;
    const all = [...document.root.entries.values()].reduce((sum, { value }) => sum + size(value), 0);
    assert.ok(all < 101_000, `${all} values`);
    assert.equal(endOf(document), 1);
    assert.equal(document.problems.length, 1);
  });
});

describe("the limit of matching patterns", () => {
  it("gives up on a pattern that takes too long for many texts", () => {
    const texts = Array.from({ length: 1000 }, (_, index) => `${"layer.".repeat(12)}${index}`);
    assert.deepEqual(textsMatching(".*".repeat(500), texts), {
      value: null,
      reason: "the pattern takes too long to match",
    });
  });
});
