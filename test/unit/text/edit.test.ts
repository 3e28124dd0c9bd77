import assert from "node:assert/strict";
import fc from "fast-check";
import { numberLike, replaceNumber } from "../../../src/core/text/edit.ts";
import { parseYaml } from "../../../src/core/text/yaml.ts";

describe("writing a number as the file writes its own", () => {
  for (const [sample, value, expected] of [
    ["2e-4", 2e-5, "2e-5"],
    ["2E-4", 2e-5, "2E-5"],
    ["2.0e-4", 2e-5, "2.0e-5"],
    ["2.0e-04", 2e-5, "2.0e-05"],
    ["2.5e-04", 1.5e-5, "1.5e-05"],
    ["0.0002", 2e-5, "0.00002"],
    [".0002", 2e-5, "0.00002"],
    ["1", 5e-5, "0.00005"],
    ["8", 16, "16"],
    ["500_000", 250_000, "250000"],
    ["auto", 2e-5, "2.0e-5"],
    ["1e4", 20_000, "2e4"],
    ["1e+4", 20_000, "2e+4"],
  ] as const) {
    it(`${sample} becomes ${expected}`, () => assert.equal(numberLike(sample, value), expected));
  }

  it("loses no digit, whatever the notation", () => {
    const samples = fc.constantFrom("2e-4", "2.0e-04", "0.0002", "1", "auto");
    const values = fc.double({ min: 1e-12, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(samples, values, (sample, value) => {
        assert.equal(Number(numberLike(sample, value)), value);
      }),
    );
  });

  it("stays within the quotes", () => {
    const document = parseYaml("lr: '2e-4' # as text\n");
    const node = document.root.entries.get("lr")?.value;
    assert.ok(node?.kind === "scalar");
    assert.deepEqual(replaceNumber(document, node, 2e-5), {
      range: { start: { line: 0, character: 5 }, end: { line: 0, character: 9 } },
      newText: "2e-5",
    });
  });
});
