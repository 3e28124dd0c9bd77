import assert from "node:assert/strict";
import { workspaceSummary } from "../../../src/core/report/workspaceSummary.ts";
import type { Severity } from "../../../src/core/rules/rule.ts";
import { analysisOf } from "../analysis.ts";

const config = (rate: string) => `model_name_or_path: meta-llama/Llama-2-7b-hf
max_length: 512
per_device_train_batch_size: 1
learning_rate: ${rate}
warmup_steps: 100
bf16: true
`;
const checked = (path: string, rate: string) => ({ path, analysis: analysisOf(config(rate)) });

describe("the summary of a workspace", () => {
  it("puts the worst first, and counts", () => {
    const text = workspaceSummary(
      [checked("b.yaml", "1e-5"), checked("a.yaml", "2e-4"), checked("c.yaml", "2e-3")],
      1024,
    );
    const lines = text.split("\n");
    assert.equal(lines[2], "3 training configs in 1,024 files: 1 with errors, 1 with warnings, 1 with neither.");
    assert.deepEqual(
      lines.filter((line) => line.startsWith("| [")).map((line) => line.split("|").map((cell) => cell.trim())[1]),
      ["[c.yaml](<c.yaml>)", "[a.yaml](<a.yaml>)", "[b.yaml](<b.yaml>)"],
    );
    assert.match(text, /\| 1 error \| line 4: 2e-3 is 100 times the usual rate/);
    assert.match(text, /\| – \| {2}\|/);
  });

  it("counts errors, warnings and remarks apart, and puts files that are equally bad in the order of their names", () => {
    const found = (path: string, severities: readonly Severity[]) => {
      const { analysis } = checked(path, "2e-3");
      const [finding] = analysis.findings;
      assert.ok(finding);
      return { path, analysis: { ...analysis, findings: severities.map((severity) => ({ ...finding, severity })) } };
    };
    const text = workspaceSummary(
      [
        found("b.yaml", ["error", "error", "warning", "warning", "information"]),
        found("a.yaml", ["error", "error", "warning", "warning", "information"]),
        found("c.yaml", ["information", "information", "hint"]),
      ],
      3,
    );
    assert.deepEqual(text.match(/^\| \[[abc]\.yaml\]|\d errors?, .*? \||\d remarks? \|/gm), [
      "| [a.yaml]",
      "2 errors, 2 warnings, 1 remark |",
      "| [b.yaml]",
      "2 errors, 2 warnings, 1 remark |",
      "| [c.yaml]",
      "2 remarks |",
    ]);
  });

  it("lets no path or message become markup or leave its cell", () => {
    const [, row = ""] =
      /\n(\| \[.*)\n/.exec(workspaceSummary([checked("a|b](x)<i>\nc.yaml", "2e-4")], 1)) ?? assert.fail("no row");
    assert.equal(row.match(/(?<!\\)\|/g)?.length, 6);
    assert.match(row, /^\| \[a\\\|b\\\]\(x\)\\<i> c\.yaml\]\(<a%7Cb\]\(x\)%3Ci%3E%0Ac\.yaml>\) \|/);
  });

  it("says when there is none", () => {
    assert.match(workspaceSummary([], 12), /No training config in 12 files\./);
  });
});
