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

  it("are all that stand apart, be it on one line", () => {
    const inLine = (title: string, start: number, end: number): Fix => ({
      ...fix(title, 1, true),
      edits: [{ range: { start: { line: 1, character: start }, end: { line: 1, character: end } }, newText: "new" }],
    });
    const both = (a: Fix, b: Fix) => titles(finding(a), finding(b));
    assert.deepEqual(both(fix("a", 1, true), fix("b", 2, true)), ["a", "b"]);
    assert.deepEqual(both(fix("a", 2, true), fix("b", 1, true)), ["a", "b"]);
    assert.deepEqual(both(inLine("a", 0, 4), inLine("b", 5, 9)), ["a", "b"]);
    assert.deepEqual(both(inLine("a", 5, 9), inLine("b", 0, 4)), ["a", "b"]);
    assert.deepEqual(both(inLine("a", 0, 4), inLine("b", 4, 9)), ["a"]);
    assert.deepEqual(both(inLine("a", 0, 9), inLine("b", 2, 3)), ["a"]);
  });

  it("are whole: one edit that collides holds all of a fix back", () => {
    const several: Fix = { ...fix("b", 3, true), edits: [1, 3].map((line) => ({ range: at(line), newText: "new" })) };
    assert.deepEqual(titles(finding(fix("a", 1, true)), finding(several)), ["a"]);
    assert.deepEqual(titles(finding(several), finding(fix("a", 3, true)), finding(fix("c", 2, true))), ["b", "c"]);
  });

  it("keep clear of each other, in each file by itself", () => {
    assert.deepEqual(
      titles(finding(fix("a", 1, true)), finding(fix("b", 1, true)), finding(fix("c", 1, true, "ds.json"))),
      ["a", "c"],
    );
  });
});
