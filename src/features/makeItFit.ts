import { commands, type Disposable, type QuickPickItem, type TextDocument, window, workspace } from "vscode";
import type { FitAdvice, Proposal } from "../core/advice/makeItFit.ts";
import type { Analysis } from "../core/analyze.ts";
import type { Gpu } from "../core/gpus/gpu.ts";
import { t } from "../core/language.ts";
import { changesText, proposalVerdict } from "../core/report/proposal.ts";
import { memoryText, verdictText } from "../core/report/verdict.ts";
import { formatCount } from "../core/units.ts";
import type { Analyses } from "./analyses.ts";
import { configMeant, selectGpuCommand } from "./commands.ts";
import { plainLabel } from "./labels.ts";
import type { Panel } from "./panel.ts";
import { toWorkspaceEdit } from "./ranges.ts";

export const makeItFitCommand = "fineTuneLens.makeItFit";

/** Lets the user choose among the changes with which a run fits on the target GPU, and makes them in one undo step. */
export function registerMakeItFit(analyses: Analyses, panel: Panel): Disposable {
  return commands.registerCommand(makeItFitCommand, async (address: unknown) => {
    const document = configMeant(analyses, panel, address);
    if (document) return makeItFit(analyses, document);
    void window.showInformationMessage(t`Open a training config to make it fit.`);
  });
}

const known = new WeakMap<Analysis, FitAdvice | null>();

/** The advice for an analysis and its target GPU, worked out once. */
export function adviceFor(analysis: Analysis, target: Gpu): FitAdvice | null {
  const found = known.get(analysis);
  if (found !== undefined) return found;
  const advice = analysis.makeItFit(target);
  known.set(analysis, advice);
  return advice;
}

async function makeItFit(analyses: Analyses, document: TextDocument): Promise<void> {
  if (!analyses.of(document)?.target) await commands.executeCommand(selectGpuCommand);
  const analysis = analyses.of(document);
  if (!analysis?.target) return;
  const advice = adviceFor(analysis, analysis.target);
  if (!advice) {
    void window.showInformationMessage(plainLabel(t`${verdictText(analysis)}.`));
    return;
  }
  const { version } = document;
  const proposal = await choose(analysis, advice);
  if (!proposal) return;
  if (document.version !== version) {
    void window.showWarningMessage(t`The config has changed meanwhile. Run Make It Fit… again.`);
    return;
  }
  await workspace.applyEdit(toWorkspaceEdit(document.uri, proposal.edits));
}

/** The proposal that the user picks; where none fits, the one that needs the least. */
async function choose(analysis: Analysis, advice: FitAdvice): Promise<Proposal | undefined> {
  const { gpu, verdict, smallest } = advice;
  const proposals = advice.proposals.length > 0 ? advice.proposals : smallest ? [smallest] : [];
  if (proposals.length === 0) {
    void window.showInformationMessage(
      `${memoryText(analysis)}.${verdict === "fits" ? roomText(advice) : t` Nothing in this file makes it smaller.${gpusText(advice)}`}`,
    );
    return undefined;
  }
  const items = proposals.map((proposal): QuickPickItem & { readonly proposal: Proposal } => ({
    label: plainLabel(proposal.title),
    description: proposalVerdict(proposal, gpu),
    detail: t`Costs: ${proposal.cost} · Changes: ${changesText(proposal)}`,
    proposal,
  }));
  const placeHolder =
    advice.proposals.length > 0
      ? t`What makes it fit; what changes the experiment the least comes first`
      : t`Nothing makes it fit; this is the least.${gpusText(advice)}`;
  const title = t`Make It Fit: ${memoryText(analysis)}`;
  return (await window.showQuickPick(items, { title, placeHolder, matchOnDetail: true }))?.proposal;
}

function gpusText({ minGpus, gpu }: FitAdvice): string {
  if (minGpus === null) return "";
  return minGpus === 1
    ? t` One ${gpu.name} alone holds it.`
    : t` ${minGpus}× ${gpu.name} hold it with all states sharded.`;
}

function roomText({ room }: FitAdvice): string {
  if (!room) return "";
  const { microBatch, sequenceLength } = room;
  return t` With nothing else changed the micro batch can be up to ${formatCount(microBatch)}, or sequences up to ${formatCount(sequenceLength)} tokens.`;
}
