import assert from "node:assert/strict";
import fc from "fast-check";
import type { ConfigDocument } from "../../../src/core/text/document.ts";
import { parseJson as parse } from "../../../src/core/text/json.ts";

function parseJson(text: string): ConfigDocument {
  const [document] = parse(text);
  assert.ok(document);
  return document;
}

describe("reading JSON", () => {
  it("reads comments and trailing commas, and says where values stand", () => {
    const text = '{\n  // peak\n  "learning_rate": 5e-5,\n  "optim": "adamw_torch",\n}\n';
    const document = parseJson(text);
    const entry = document.root.entries.get("learning_rate");
    assert.ok(entry?.value.kind === "scalar");
    assert.equal(entry.value.value, 5e-5);
    assert.equal(entry.value.source, "5e-5");
    assert.equal(text.slice(entry.keySpan.start, entry.keySpan.end), '"learning_rate"');
    const optim = document.root.entries.get("optim")?.value;
    assert.ok(optim?.kind === "scalar" && optim.quoted);
    assert.equal(optim.source, "adamw_torch");
    assert.deepEqual(document.problems, []);
  });

  it("keeps what it could read of a half-typed file", () => {
    const document = parseJson('{ "learning_rate": 2e-4, "bf16": tru');
    const entry = document.root.entries.get("learning_rate");
    assert.ok(entry?.value.kind === "scalar");
    assert.equal(entry.value.value, 2e-4);
    assert.ok(document.problems.length > 0);
  });

  for (const [text, message, written] of [
    ['{ "lr": 1 "steps": 2 }', "CommaExpected", '"steps"'],
    ['{ "lr": 1; }', "InvalidSymbol", ";"],
    ['{ "lr" }', "ColonExpected", "}"],
  ] as const) {
    it(`says where ${text} is broken`, () => {
      const [problem] = parseJson(text).problems;
      assert.equal(problem?.message, message);
      assert.equal(text.slice(problem.span.start, problem.span.end), written);
    });
  }

  it("reads mappings and lists within each other", () => {
    const text = '{ "optimizer": { "betas": [0.9, "auto"] } }';
    const optimizer = parseJson(text).root.entries.get("optimizer");
    assert.ok(optimizer?.value.kind === "map" && optimizer.value.flow);
    const betas = optimizer.value.entries.get("betas")?.value;
    assert.ok(betas?.kind === "list");
    assert.deepEqual(
      betas.items.map((item) => item.kind === "scalar" && [item.value, item.quoted]),
      [
        [0.9, false],
        ["auto", true],
      ],
    );
    assert.equal(text.slice(optimizer.valueSpan.start, optimizer.valueSpan.end), '{ "betas": [0.9, "auto"] }');
    assert.equal(text.slice(betas.span.start, betas.span.end), '[0.9, "auto"]');
  });

  for (const text of ["", "// nothing yet", "[1]", '"lr"', "1"]) {
    it(`finds no mapping in ${JSON.stringify(text)}`, () => assert.deepEqual(parse(text), []));
  }

  it("takes the last of repeated keys, as Python's json does, and keeps the others apart", () => {
    const { entries, displaced } = parseJson('{ "lr": 1, "steps": 5, "lr": 2 }').root;
    assert.deepEqual([...entries.keys()], ["lr", "steps"]);
    const values = [entries.get("lr"), ...displaced].map(
      (entry) => entry?.value.kind === "scalar" && entry.value.value,
    );
    assert.deepEqual(values, [2, 1]);
  });

  it("leaves out what has no key, and keeps a key without a value", () => {
    const { root, problems } = parseJson('{ "lr": 1, 2: 3, "steps": }');
    assert.deepEqual([...root.entries.keys()], ["lr", "steps"]);
    const steps = root.entries.get("steps")?.value;
    assert.ok(steps?.kind === "scalar");
    assert.equal(steps.value, null);
    assert.equal(steps.quoted, false);
    assert.notEqual(problems.length, 0);
  });

  for (const [text, place] of [
    ['{ "steps": }', '{ "steps":'],
    ['{ "steps" }', '{ "steps"'],
  ] as const) {
    it(`places the value that ${text} lacks behind ${place}`, () => {
      const steps = parseJson(text).root.entries.get("steps");
      assert.deepEqual(steps?.valueSpan, { start: place.length, end: place.length });
      assert.deepEqual(steps.value.span, steps.valueSpan);
    });
  }

  it("gives nothing of what is nested too deeply to read", () => {
    assert.deepEqual(parse(`{ "a": ${"[".repeat(200_000)}`), []);
  });

  it("reads __proto__ as a key like any other", () => {
    const document = parseJson('{ "__proto__": { "polluted": true } }');
    assert.deepEqual([...document.root.entries.keys()], ["__proto__"]);
    assert.equal(Object.hasOwn(Object.prototype, "polluted"), false);
  });

  it("takes any text without an exception", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0x10_ff_ff }), { maxLength: 200 }), (points) => {
        const text = String.fromCodePoint(...points);
        for (const document of parse(text)) assert.equal(document.text, text);
      }),
      { numRuns: 30 },
    );
  });
});
