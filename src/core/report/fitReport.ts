import type { FitAdvice, Proposal } from "../advice/makeItFit.ts";
import type { Analysis } from "../analyze.ts";
import type { Gpu } from "../gpus/gpu.ts";
import type { TextEdit } from "../text/edit.ts";
import { formatCount, formatGibibyteRange } from "../units.ts";
import { type Line, styled } from "./lines.ts";
import { changesText, proposalVerdict } from "./proposal.ts";
import { subjectText } from "./text.ts";
import { verdictText } from "./verdict.ts";

/** The proposals with their figures and their edits, for a terminal. */
export function fitLines(analysis: Analysis, gpu: Gpu, advice: FitAdvice | null): readonly Line[] {
  const { memory, document } = analysis;
  const subject = `${subjectText(analysis)} · `;
  if (!memory.value || !advice) return [[subject, styled("bold", verdictText(analysis))]];
  const shown = (proposal: Proposal): readonly Line[] => [
    [
      `     ${formatGibibyteRange(proposal.memory.lowBytes, proposal.memory.highBytes)}, expected ${proposalVerdict(proposal, gpu)}`,
    ],
    [`     costs: ${proposal.cost}`],
    [`     changes: ${changesText(proposal)}`],
    ...changedLines(document.text, proposal.edits).map(
      (line): Line => ["       ", styled(line.startsWith("+") ? "green" : "red", line)],
    ),
  ];
  return [
    [subject, styled("bold", proposalVerdict({ memory: memory.value, verdict: advice.verdict }, gpu))],
    ...advice.proposals.flatMap((proposal, index): readonly Line[] => [
      [`  ${index + 1}. `, styled("bold", proposal.title)],
      ...shown(proposal),
    ]),
    ...nothingFits(advice, shown),
    ...roomLines(advice),
  ];
}

function nothingFits(
  { verdict, proposals, smallest, minGpus, gpu }: FitAdvice,
  shown: (proposal: Proposal) => readonly Line[],
): readonly Line[] {
  if (verdict === "fits" || proposals.length > 0) return [];
  const enough = enoughText(gpu, minGpus);
  return smallest
    ? [[`  Nothing fits. The least is ${smallest.title}`], ...shown(smallest), [`     ${enough}`]]
    : [[`  Nothing that can be changed in this file makes it smaller. ${enough}`]];
}

function enoughText({ name }: Gpu, count: number | null): string {
  if (count === null) return "No number of GPUs holds it.";
  return count === 1 ? `One ${name} alone holds it.` : `${count}× ${name} hold it with all states sharded.`;
}

function roomLines({ room }: FitAdvice): readonly Line[] {
  if (!room) return [];
  const { microBatch, sequenceLength } = room;
  const batch = microBatch === 0 ? "not one sequence fits" : `largest micro batch ${formatCount(microBatch)}`;
  const length = sequenceLength === 0 ? "no length fits" : `longest sequence ${formatCount(sequenceLength)} tokens`;
  return [[`  with nothing else changed: ${batch}, ${length}`]];
}

/** The command line's JSON for one file, or for why it was not read; fields are null where we do not know, lines are zero-based. */
export function fitJson(file: string, read: Analysis | string | null, gpu: Gpu, advice: FitAdvice | null): object {
  const analysis = typeof read === "string" ? null : read;
  const memory = analysis?.memory.value;
  return {
    file,
    dialect: analysis?.dialect.id ?? null,
    gpu: gpu.id,
    verdict: advice?.verdict ?? null,
    memory: memory ? memoryJson(memory) : null,
    proposals: (advice?.proposals ?? []).map(proposalJson),
    smallest: advice?.smallest ? proposalJson(advice.smallest) : null,
    minGpus: advice?.minGpus ?? null,
    largestMicroBatch: advice?.room?.microBatch || null,
    longestSequence: advice?.room?.sequenceLength || null,
    problems: typeof read === "string" ? [read] : (analysis?.problems ?? []),
  };
}

function proposalJson({ memory, ...proposal }: Proposal): object {
  return { ...proposal, memory: memoryJson(memory) };
}

function memoryJson({ deviceBytes, lowBytes, highBytes }: Proposal["memory"]): object {
  return { deviceBytes, lowBytes, highBytes };
}

/** The lines that edits take away and put in, with a minus and a plus in front. */
export function changedLines(text: string, edits: readonly TextEdit[]): readonly string[] {
  const lines = text.split(/\r\n|\r|\n/);
  return edits.flatMap(({ range: { start, end }, newText }) => {
    const before = lines.slice(start.line, end.line + 1);
    const head = before[0]?.slice(0, start.character) ?? "";
    const tail = before.at(-1)?.slice(end.character) ?? "";
    const after = (head + newText + tail).split(/\r\n|\r|\n/);
    const stays = (line: string, other: readonly string[]) => line === "" || other.includes(line);
    return [
      ...before.filter((line) => !stays(line, after)).map((line) => `- ${line}`),
      ...after.filter((line) => !stays(line, before)).map((line) => `+ ${line}`),
    ];
  });
}
