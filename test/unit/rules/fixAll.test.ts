import assert from "node:assert/strict";
import { harmlessFixes } from "../../../src/core/rules/fixAll.ts";
import type { Finding, Fix } from "../../../src/core/rules/rule.ts";

const at = (line: number) => ({ start: { line, character: 0 }, end: { line, character: 4 } });
const fix = (title: string, line: number, keepsExperiment: boolean, uri?: string): Fix => ({
  title,
  preferred: false,
  keepsExperiment,
  edits: [{ range: at(line), newText: "new" }],
  ...(uri === undefined ? {} : { uri }),
});
const finding = (...fixes: readonly Fix[]): Finding => ({
  rule: "keys/renamed",
  severity: "warning",
  message: "",
  range: at(0),
  related: [],
  fixes,
});
const titles = (...findings: readonly Finding[]) => harmlessFixes(findings).map(({ title }) => title);

describe("the fixes that are made all at once", () => {
  it("are one of each finding, of those that leave the experiment the same", () => {
    assert.deepEqual(
      titles(finding(fix("a", 1, false), fix("b", 1, true), fix("c", 2, true)), finding(fix("d", 3, false))),
      ["b"],
    );
  });

  it("keep clear of each other, in each file by itself", () => {
    assert.deepEqual(
      titles(finding(fix("a", 1, true)), finding(fix("b", 1, true)), finding(fix("c", 1, true, "ds.json"))),
      ["a", "c"],
    );
  });
});
