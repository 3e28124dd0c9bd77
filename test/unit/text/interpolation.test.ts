import assert from "node:assert/strict";
import type { ConfigNode, Scalar } from "../../../src/core/text/document.ts";
import { definitionOf, isReference, resolveScalar } from "../../../src/core/text/interpolation.ts";
import { parseYaml } from "../../../src/core/text/yaml.ts";

const text = `
batch: 4
name: llama
nothing:
variables:
  len: 2048
  copy: \${variables.len}
policy:
  len: 512
  inner:
    sibling: 3
    same: \${.sibling}
    above: \${..len}
    beyond: \${.....len}
circle: \${other}
other: \${circle}
`;

/** The value of a scalar with this source, at the root of the text above. */
function resolved(source: string): Scalar | undefined {
  const [document] = parseYaml(`${text}it: ${JSON.stringify(source)}\n`);
  assert.ok(document);
  const node = document.root.entries.get("it")?.value;
  assert.ok(node?.kind === "scalar");
  return resolveScalar(node, [document.root]);
}

describe("references between values", () => {
  it("that multiply are given up", () => {
    const levels = Array.from({ length: 15 }, (_, n) => `r${n}: "${`\${r${n + 1}}`.repeat(9)}"\n`);
    const [document] = parseYaml(`${levels.join("")}r15: 1\n`);
    const node = document?.root.entries.get("r0")?.value;
    assert.ok(document && node?.kind === "scalar");
    assert.equal(resolveScalar(node, [document.root]), undefined);
  });

  it("are followed as deep as sixteen, and no deeper", () => {
    const chain = Array.from({ length: 17 }, (_, n) => `r${n}: \${r${n + 1}}\n`);
    const [document] = parseYaml(`${chain.join("")}r17: 1\n`);
    assert.ok(document);
    const { entries } = document.root;
    const [far, tooFar] = [entries.get("r1")?.value, entries.get("r0")?.value];
    assert.ok(far?.kind === "scalar" && tooFar?.kind === "scalar");
    assert.equal(resolveScalar(far, [document.root]), 1);
    assert.equal(resolveScalar(tooFar, [document.root]), undefined);
    assert.equal(definitionOf(far, [document.root]), entries.get("r17")?.value);
    assert.equal(definitionOf(tooFar, [document.root]), tooFar);
  });

  it("are followed a thousand times for one value, and no more", () => {
    assert.equal(resolved("${batch}".repeat(1000)), "4".repeat(1000));
    assert.equal(resolved("${batch}".repeat(1001)), undefined);
  });

  for (const [source, value] of [
    ["${batch}", 4],
    ["${variables.len}", 2048],
    ["${variables.copy}", 2048],
    ["runs/${name}/b${batch}", "runs/llama/b4"],
    ["${mul:${policy.len}, ${batch}}", 2048],
    ["${mul:${add:1,2},3}", 9],
    ["${ mul: 2 , 3 }", 6],
    ["${ name }", "llama"],
    ["${multiply:2,3}", 6],
    ["${oc.select:policy.len,1}", 512],
    ["${oc.select:policy.none,1}", 1],
    ["${oc.select:name}-${batch}k", "llama-4k"],
    ["${name}${nothing}", "llama"],
    ["${max:${batch},7}", 7],
    ["${min:${batch},7}", 4],
    ["${add:${batch},2,3}", 9],
    ["${sub:${batch},1}", 3],
    ["${div:9,${batch}}", 2],
    ["plain", "plain"],
    ["${oc.select: policy.len , 1}", 512],
    ["${oc.select: name }", "llama"],
    ["${policy.inner.same}", 3],
    ["${oc.select:policy.inner.above,1}", 512],
  ] as const) {
    it(`${source} is ${value}`, () => assert.equal(resolved(source), value));
  }

  for (const source of [
    "${HF_TOKEN}",
    "${oc.env:MODEL}",
    "???",
    "${circle}",
    "${batch",
    "${oc.select:policy.none}",
    "${policy}",
    "${mul:2}",
    "${unknown:1}",
    "${mul:a,2}",
    "${2mul:3,4}",
    "${...batch}",
  ]) {
    it(`${source} is unknown`, () => assert.equal(resolved(source), undefined));
  }

  it("are told from what has its value in its place", () => {
    const [document] = parseYaml("whole: $N{b}\npart: runs/$N{b}\nmissing: ???\nplain: $b\n".replaceAll("$N", "$"));
    const values = [...(document?.root.entries.values() ?? [])].map(({ value }) => value);
    assert.deepEqual(
      values.map((value) => value.kind === "scalar" && isReference(value)),
      [true, true, true, false],
    );
  });

  it("that are all of a value lead to what they mean; others, and those in a circle, stand for themselves", () => {
    const lines = [
      "a: $N{b}",
      "b: $N{a}",
      "c: $N{d}",
      "d: [1]",
      "before: x$N{d}",
      "behind: $N{d}x",
      "far: $N{c}",
      "no: $N{none}",
      "same: 1",
      "inner:",
      "  same: 2",
      "  it: $N{.same}",
      "there: $N{inner.it}",
    ];
    const [document] = parseYaml(lines.join("\n").replaceAll("$N", "$"));
    assert.ok(document);
    const leads = (key: string, to: string) => {
      const node = document.root.entries.get(key)?.value;
      assert.ok(node);
      assert.equal(definitionOf(node, [document.root]), document.root.entries.get(to)?.value);
    };
    leads("c", "d");
    leads("far", "d");
    const inner = document.root.entries.get("inner")?.value;
    const there = document.root.entries.get("there")?.value;
    assert.ok(inner?.kind === "map" && there);
    assert.equal(definitionOf(there, [document.root]), inner.entries.get("same")?.value);
    for (const itself of ["a", "d", "before", "behind", "no"]) leads(itself, itself);
  });

  it("reach siblings and what is above them with leading dots", () => {
    const [document] = parseYaml(text);
    assert.ok(document);
    const policy = document.root.entries.get("policy")?.value;
    assert.ok(policy?.kind === "map");
    const inner = policy.entries.get("inner")?.value;
    assert.ok(inner?.kind === "map");
    for (const [key, value] of [
      ["same", 3],
      ["above", 512],
      ["beyond", undefined],
    ] as const) {
      const node: ConfigNode | undefined = inner.entries.get(key)?.value;
      assert.ok(node?.kind === "scalar");
      assert.equal(resolveScalar(node, [document.root, policy, inner]), value);
    }
  });
});
