import { readFileSync, writeFileSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import type { Proposal } from "../core/advice/makeItFit.ts";
import type { Analysis } from "../core/analyze.ts";
import { gpus as allGpus } from "../core/gpus/catalogue.ts";
import { estimateLines } from "../core/report/estimateLines.ts";
import { checkedLine, findingsLines } from "../core/report/findingsLines.ts";
import { fitJson, fitLines } from "../core/report/fitReport.ts";
import { jsonReport } from "../core/report/json.ts";
import type { Line } from "../core/report/lines.ts";
import { type Program, sarifLog } from "../core/report/sarif.ts";
import { scheduleCsv, scheduleLines } from "../core/report/scheduleLines.ts";
import { countOf, summaryLine } from "../core/report/text.ts";
import { commonGpus } from "../core/report/verdict.ts";
import { revise, revisionOf } from "../core/text/revision.ts";
import type { Options } from "./options.ts";
import { printLines, printObjects, printText, printWarning } from "./output.ts";
import { type Result, resultsOf } from "./results.ts";
import { UsageError } from "./usage.ts";

/** What a command does, and the exit status that comes of it. */
type Command = (options: Options, program: Program) => number;

const jsonPoints = 1000;
const textPoints = 20;

/** By their names on the command line. */
export const commands: Readonly<Partial<Record<string, Command>>> = { check, estimate, schedule, fit };

function check(options: Options, program: Program): number {
  const results = resultsOf(options);
  const configs = results.flatMap(({ file, analysis }) => (analysis ? [{ file, findings: analysis.findings }] : []));
  if (options.format === "json") printJson(results, jsonPoints);
  else if (options.format === "sarif") {
    printObjects(
      sarifLog(
        configs.map(({ file, findings }) => ({ path: pathInFolder(file), findings })),
        program,
      ),
    );
  } else if (options.format === "text") {
    const lines = configs.flatMap(({ file, findings }) => findingsLines(file, findings));
    printLines([...lines, checkedLine(configs)], options.color);
  } else throw new UsageError(`check has no format "${options.format}"`);
  for (const { file, unread } of results) if (unread !== undefined) printWarning(`${file}: ${unread}`);
  const findings = configs.flatMap((config) => config.findings);
  return countOf(findings, "error") > 0 || countOf(findings, "warning") > options.maxWarnings ? 1 : 0;
}

function estimate(options: Options): number {
  const results = resultsOf(options);
  if (options.format === "json") printJson(results, jsonPoints);
  else if (options.format === "line") printEach(results, options, ({ analysis }) => [[summaryLine(analysis)]]);
  else if (options.format === "text") {
    printEach(results, options, ({ analysis, gpu }) => estimateLines(analysis, gpu ? [gpu] : commonGpus(analysis)));
  } else throw new UsageError(`estimate has no format "${options.format}"`);
  return 0;
}

function schedule(options: Options): number {
  const results = resultsOf(options);
  const points = options.analysis.steps ?? (options.format === "text" ? textPoints : jsonPoints);
  if (options.format === "json") printJson(results, points);
  else if (options.format === "csv") {
    for (const result of results) {
      const { file, analysis } = result;
      printText(analysis ? `${scheduleCsv(analysis, points)}\n` : `${file}: ${notKnown(result)}\n`);
    }
  } else if (options.format === "text") {
    printEach(results, options, ({ analysis }) => scheduleLines(analysis, textPoints));
  } else throw new UsageError(`schedule has no format "${options.format}"`);
  return 0;
}

function fit(options: Options): number {
  const { format } = options;
  if (format !== "json" && format !== "text") throw new UsageError(`fit has no format "${format}"`);
  const results = resultsOf(options).map((result) => {
    const gpu = result.gpu ?? result.analysis?.target ?? undefined;
    if (!gpu) throw new UsageError("fit needs --gpu, such as a100-80gb");
    return { ...result, gpu, advice: result.analysis?.makeItFit(gpu) ?? null };
  });
  const written = options.write ? results.filter((result) => apply(result, result.advice?.proposals[0])) : [];
  if (format === "json") {
    printObjects(
      results.map(({ file, analysis, unread, gpu, advice }) => fitJson(file, analysis ?? unread ?? null, gpu, advice)),
    );
  } else {
    for (const result of results) {
      printEach([result], options, ({ analysis }) => fitLines(analysis, result.gpu, result.advice));
    }
    printLines(
      written.map(({ file }) => [`${file}: changed as the first proposal says`]),
      options.color,
    );
  }
  return results.every(({ advice }) => advice?.verdict === "fits" || advice?.proposals.length) ? 0 : 1;
}

/** Makes the changes of a proposal, if there is one, in the file; every other byte stays. */
function apply({ file, input }: Result, proposal: Proposal | undefined): boolean {
  if (!proposal) return false;
  if (!Buffer.from(input.text).equals(readFileSync(file))) throw new UsageError(`${file} is not UTF-8`);
  writeFileSync(file, revise(revisionOf(input.text), proposal.edits).text);
  return true;
}

function printJson(results: readonly Result[], points: number): void {
  printObjects(
    results.map(({ file, analysis, unread, gpu }) =>
      jsonReport(file, analysis ?? unread ?? null, { gpus: gpu ? [gpu] : allGpus, points }),
    ),
  );
}

/** The lines of each config, its name in front of the first. */
function printEach(
  results: readonly Result[],
  { color }: Options,
  lines: (result: Result & { readonly analysis: Analysis }) => readonly Line[],
): void {
  for (const result of results) {
    const { file, analysis } = result;
    const [first = [], ...others] = analysis ? lines({ ...result, analysis }) : [[notKnown(result)]];
    printLines([[`${file}: `, ...first], ...others], color);
  }
}

function notKnown({ unread }: Result): string {
  return unread ?? "not a training config that we know";
}

/** As code hosts take it: relative to the folder that the program runs in, with forward slashes. */
function pathInFolder(file: string): string {
  const path = relative(process.cwd(), file);
  const isOutside = path.startsWith("..") || isAbsolute(path);
  return (isOutside ? resolve(file) : path).split(sep).join("/");
}
