import assert from "node:assert/strict";
import type { Hypothesis } from "../../src/core/advice/hypothesis.ts";
import { revisionWith } from "../../src/core/advice/whatIf.ts";
import { type Analysis, analyze } from "../../src/core/analyze.ts";
import { completionsAt } from "../../src/core/completion/completions.ts";
import type { LinkedFiles } from "../../src/core/dialects/links.ts";
import { findGpu, referenceGpus } from "../../src/core/gpus/catalogue.ts";
import { discriminativeTable, tableMarkdown, tableText } from "../../src/core/report/discriminativeTable.ts";
import { estimateLines } from "../../src/core/report/estimateLines.ts";
import { findingsLines } from "../../src/core/report/findingsLines.ts";
import { hintsOf } from "../../src/core/report/hints.ts";
import { hoverAt } from "../../src/core/report/hover.ts";
import { jsonReport } from "../../src/core/report/json.ts";
import { panelDetails, panelModel } from "../../src/core/report/panelModel.ts";
import { sarifLog } from "../../src/core/report/sarif.ts";
import { scheduleCsv, scheduleLines } from "../../src/core/report/scheduleLines.ts";
import { statusOf } from "../../src/core/report/status.ts";
import { workspaceSummary } from "../../src/core/report/workspaceSummary.ts";
import { harmlessFixes } from "../../src/core/rules/fixAll.ts";
import { suppressInFile, suppressOnLine } from "../../src/core/rules/suppress.ts";
import type { TextEdit } from "../../src/core/text/edit.ts";
import { parse } from "../../src/core/text/parse.ts";
import { lineStarts, type Position, positionAt, type Range } from "../../src/core/text/position.ts";
import { editsOf } from "../../src/core/text/revision.ts";
import { catalogue } from "../unit/builtIn.ts";
import { applyEdits } from "../unit/edits.ts";
import { unsaidChanges } from "../unit/rules/fixSafety.ts";
import type { ConfigText } from "./configTexts.ts";

const gpu = findGpu("rtx-4090") ?? assert.fail("the catalogue has no RTX 4090");

/** Every file that a config points to is there, and is the config itself. */
function pointingToItself({ text, format }: ConfigText): LinkedFiles {
  const [document] = parse(text, format);
  const files: LinkedFiles = { get: () => (document ? { document, uri: "file:///linked.yaml" } : null) };
  return files;
}

/** What is told of a text, as the editor and the command line ask for it. Null for what is no training config. */
export function analysisOfAny(config: ConfigText): Analysis | null {
  const { text, format } = config;
  return analyze(text, { format, catalogue, linked: pointingToItself(config), target: { gpu } });
}

/** Asks every surface for what it shows of a text, at `places` in it, which are shares of its length. */
export function showEverything(analysis: Analysis, places: readonly number[]): void {
  const within = placesIn(analysis.document.text);
  for (const { range, related, message } of analysis.findings) {
    within.checkRange(range, message);
    for (const other of related) if (other.uri === undefined) within.checkRange(other.range, other.message);
  }
  for (const { position, text: hint } of hintsOf(analysis)) within.checkPosition(position, hint);
  for (const place of places) {
    const position = within.positionAt(place);
    const hover = hoverAt(analysis, position);
    if (hover) within.checkRange(hover.range, hover.markdown);
    for (const { range, label } of completionsAt(analysis, position, ["a/b"])) within.checkRange(range, label);
  }
  statusOf(analysis);
  JSON.stringify([
    jsonReport("a.yaml", analysis, { gpus: referenceGpus(), points: 50 }),
    sarifLog([{ path: "a.yaml", findings: analysis.findings }], { version: "0", homepage: "https://example.com" }),
    panelModel("a.yaml", analysis),
    panelDetails(analysis),
    estimateLines(analysis, referenceGpus()),
    findingsLines("a.yaml", analysis.findings),
    scheduleLines(analysis, 20),
    scheduleCsv(analysis, 20),
  ]);
  const table = discriminativeTable(analysis, 2.6);
  if (table.value) JSON.stringify([tableMarkdown(table.value), tableText(table.value)]);
  workspaceSummary([{ path: "a.yaml", analysis }], 1);
}

const tried: readonly Hypothesis[] = [
  { microBatch: 3, sequenceLength: 1000, gradientCheckpointing: true, optimizer: "adamw8bit", method: "qlora" },
  { peakLearningRate: 3e-5, scheduler: "linear", warmupSteps: 7, floor: 0.1, epochs: 2, maxSteps: 123 },
  { gradientCheckpointing: false, optimizer: "pagedAdamw8bit", method: "lora", warmupRatio: 0.05 },
  { method: "full", optimizer: "adamw", scheduler: "constant" },
];

/** Makes every change of a text that is offered: each applies, leaves a text that can be read, and does what it says and no more. */
export function changeEverything(analysis: Analysis): void {
  const { document, dialect, findings, length } = analysis;
  const { text, format } = document;
  const isBroken = document.problems.length > 0;
  for (const { fixes, rule, range } of findings) {
    for (const fix of fixes.filter(({ uri }) => uri === undefined)) {
      checkEdits(analysis, fix.edits, fix.title);
      // A key that is there twice goes with all of its lines, which its title does not name one by one.
      const removes = fix.edits.every(({ newText }) => newText === "");
      const unsaid = unsaidChanges(text, format, fix).filter((change) => !removes || !change.startsWith("rewrites"));
      if (!isBroken) assert.deepEqual(unsaid, [], fix.title);
    }
    for (const start of ["#", "//"] as const) {
      checkEdits(analysis, [suppressOnLine(document, rule, range.start.line, start)], "silence a line", false);
      checkEdits(analysis, [suppressInFile(document, rule, start)], "silence a file", false);
    }
  }
  const all = harmlessFixes(findings).filter(({ uri }) => uri === undefined);
  checkEdits(
    analysis,
    all.flatMap(({ edits }) => edits),
    "all fixes",
  );
  for (const hypothesis of tried) {
    const edits = editsOf(revisionWith(document, dialect, hypothesis, length.totalSteps), text);
    checkEdits(analysis, edits, JSON.stringify(hypothesis));
  }
}

/** What makes the run fit, tried like all other changes. */
export function fitOnSmallGpu(analysis: Analysis): void {
  for (const { edits, title } of analysis.makeItFit(gpu)?.proposals ?? []) checkEdits(analysis, edits, title);
}

/** Edits stand in the text and apart from each other, and a text that can be read stays one. */
function checkEdits({ document }: Analysis, edits: readonly TextEdit[], what: string, staysReadable = true): void {
  const { text, format, problems } = document;
  const within = placesIn(text);
  for (const { range } of edits) within.checkRange(range, what);
  const spans = edits.map(({ range }) => within.spanOf(range)).sort((a, b) => a.start - b.start || a.end - b.end);
  for (const [index, { start }] of spans.entries()) {
    assert.ok(start >= (spans[index - 1]?.end ?? 0), `${what}: edits overlap`);
  }
  if (problems.length > 0 || !staysReadable) return;
  const after = applyEdits(text, edits);
  const broken = parse(after, format).flatMap((one) => one.problems);
  assert.deepEqual(broken, [], `${what} breaks the text:\n${after}`);
}

/** The places that there are in a text. */
function placesIn(text: string) {
  const starts = lineStarts(text);
  const lengthOf = (line: number) => (starts[line + 1] ?? text.length + 1) - (starts[line] ?? 0);
  const checkPosition = ({ line, character }: Position, what: string) => {
    assert.ok(line >= 0 && line < starts.length, `${what}: there is no line ${line}`);
    assert.ok(character >= 0 && character < lengthOf(line), `${what}: line ${line} has no column ${character}`);
  };
  const offset = ({ line, character }: Position) => (starts[line] ?? 0) + character;
  return {
    checkPosition,
    checkRange: ({ start, end }: Range, what: string) => {
      checkPosition(start, what);
      checkPosition(end, what);
      assert.ok(offset(start) <= offset(end), `${what}: ends before it starts`);
    },
    positionAt: (place: number) => positionAt(starts, Math.floor(place * text.length)),
    spanOf: ({ start, end }: Range) => ({ start: offset(start), end: offset(end) }),
  };
}
