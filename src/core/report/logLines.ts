import type { Analysis } from "../analyze.ts";
import { summaryLine } from "./text.ts";

/** An analysis for a log, in English: what was understood, of which releases and linked files, and why something is unknown. */
export function logLines(analysis: Analysis): readonly string[] {
  const { links, versions, problems } = analysis;
  return [
    summaryLine(analysis),
    ...Object.entries(versions).map(([library, version]) => `${library} ${version}`),
    ...links.map(({ path, file }) => `${path}: ${linkState(file)}`),
    ...problems.map((problem) => `unknown: ${problem}`),
  ];
}

function linkState(file: Analysis["links"][number]["file"]): string {
  if (file === undefined) return "not read yet";
  return file === null ? "not found" : "read";
}
