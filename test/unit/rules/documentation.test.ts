import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { rules } from "../../../src/core/rules/index.ts";
import ranges from "../../../src/core/rules/learningRates.json" with { type: "json" };
import { formatRate } from "../../../src/core/units.ts";

const documentation = readFileSync("docs/rules.md", "utf8");

describe("the documentation of the rules", () => {
  it("has a section for every rule and for no other", () => {
    const sections = [...documentation.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    assert.deepEqual(
      sections,
      rules.map(({ id }) => id),
    );
  });

  it("shows the rates that are judged by, and names a source for each", () => {
    const rows = [...documentation.matchAll(/^\| (?:Full|LoRA|Continued|DPO).*$/gm)].map(([row]) => row);
    assert.equal(rows.length, ranges.length);
    for (const [index, { usual, upper, warnAbove, source }] of ranges.entries()) {
      const cells = `| ${formatRate(usual)} | ${formatRate(upper)} | ${formatRate(warnAbove)} |`;
      assert.ok(rows[index]?.endsWith(cells), rows[index]);
      assert.ok(source.length > 10);
    }
  });
});
