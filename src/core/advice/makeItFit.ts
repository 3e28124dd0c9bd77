import { usableBytes } from "../gpus/catalogue.ts";
import { type Verdict, verdictOn } from "../gpus/fit.ts";
import type { Gpu } from "../gpus/gpu.ts";
import { t } from "../language.ts";
import type { MemoryEstimate } from "../memory/estimate.ts";
import { globalBatchSize } from "../plan/plan.ts";
import { ownPlace } from "../plan/sourced.ts";
import { learningRateRange } from "../rules/lr/ranges.ts";
import type { TextEdit } from "../text/edit.ts";
import { editsOf, type Revision, revise, revisionOf } from "../text/revision.ts";
import { formatGibibytes, formatRate } from "../units.ts";
import {
  eightBitOptimizers,
  harmlessMoves,
  lowerRanks,
  type Move,
  methodMoves,
  offloadMoves,
  type Reading,
  rateMove,
  shorterSequences,
  smallerEvaluations,
  smallerMicroBatches,
} from "./makeItFitMoves.ts";
import { type Room, roomOn, sequenceUnit } from "./room.ts";

/** A set of changes of a config, and what comes of them. */
export interface Proposal {
  /** `Gradient checkpointing and micro batch 2 × 8 passes`. */
  readonly title: string;
  /** What the config takes with these changes, read again. */
  readonly memory: MemoryEstimate;
  readonly verdict: Verdict;
  /** What the changes cost in time. */
  readonly cost: string;
  /** What they change of the experiment; empty where all of it is computed as before. */
  readonly changes: readonly string[];
  /** Of the text as it is; they lie apart from each other, in order. */
  readonly edits: readonly TextEdit[];
}

/** How a run can be made to fit on a GPU. */
export interface FitAdvice {
  readonly gpu: Gpu;
  /** How it fits as it is. */
  readonly verdict: Verdict;
  /** Those that fit, first what changes the experiment the least; none where it fits already. */
  readonly proposals: readonly Proposal[];
  /** The least memory that any changes came to, where nothing fits. */
  readonly smallest: Proposal | null;
  /** The fewest of these GPUs that hold the smallest with all states sharded; null where none do. */
  readonly minGpus: number | null;
  /** How far it could grow as it is. */
  readonly room: Room | null;
}

/** A config on its way: its text so far, what that means, and what has been done. */
interface Draft {
  readonly revision: Revision;
  readonly reading: Reading;
  readonly memory: MemoryEstimate;
  readonly moves: readonly Move[];
}

/** What the search needs to know. */
interface Search {
  readonly again: (text: string) => Reading | null;
  readonly usableBytes: number;
}

/**
 * The cheapest changes with which the run of `reading` fits on `gpu`: by moves that compute the same; else, or besides, with
 * an 8-bit optimizer, with what leaves the GPU, or with adapters; else with fewer ranks or shorter sequences. `again` reads a
 * changed text as the first was read, so that every promise is what the changed config will say. Null where the memory is
 * unknown.
 */
export function makeItFit(reading: Reading, gpu: Gpu, again: Search["again"]): FitAdvice | null {
  const { memory, run, versions, plan, document } = reading;
  if (!memory.value || !run.value) return null;
  const start: Draft = { revision: revisionOf(document.text), reading, memory: memory.value, moves: [] };
  const [room = null] = roomOn([gpu], plan, { architecture: run.value.architecture, versions, gpu });
  const verdict = verdictOn(gpu, memory.value);
  if (verdict === "fits") return { gpu, verdict, proposals: [], smallest: null, minGpus: null, room };
  const { found, least } = search(start, { again, usableBytes: usableBytes(gpu) });
  const proposal = (draft: Draft) => proposalOf(draft, gpu, document.text);
  const smallest = found.length === 0 && least !== start ? proposal(least) : null;
  const minGpus = found.length === 0 ? (least.reading.fitOn(gpu)?.minGpus ?? null) : null;
  return { gpu, verdict, proposals: found.map(proposal), smallest, minGpus, room };
}

/** The drafts that fit and are worth to be told apart, and the smallest that there was. */
function search(start: Draft, rules: Search): { found: readonly Draft[]; least: Draft } {
  const found: Draft[] = [];
  let least = start;
  const consider = ({ fitting, smallest }: Outcome) => {
    if (smallest.memory.deviceBytes < least.memory.deviceBytes) least = smallest;
    if (fitting && !found.some((other) => isIn(other, fitting))) found.push(fitting);
  };
  consider(cheapest(evaluating(start, rules), rules));
  const { plan } = start.reading;
  for (const move of [...eightBitOptimizers(start.reading), ...offloadMoves, ...methodMoves(plan)]) {
    const base = drafted(start, move, rules);
    const rated = base && plan.method.value === "full" ? withRate(base, rules) : base;
    if (rated) consider(cheapest(rated, rules));
  }
  for (const moves of [lowerRanks(plan), shorterSequences(plan, sequenceUnit)]) {
    if (found.length === 0) consider(first(least, moves, rules));
  }
  return { found: found.slice(0, mostProposals), least };
}

const mostProposals = 5;

interface Outcome {
  readonly fitting: Draft | null;
  readonly smallest: Draft;
}

/** `base` with the cheapest of the moves that compute the same and of the smaller micro batches, with which it fits. */
function cheapest(base: Draft, rules: Search): Outcome {
  const groups = harmlessMoves(base.reading).map((moves) => moves.filter((move) => goesWith(move, base.moves)));
  const choices = combinations(groups).sort((a, b) => slowdown(a) - slowdown(b));
  const drafts = new Map<string, Draft | null>([["", base]]);
  const make = (moves: readonly Move[]): Draft | null => {
    const key = moves.map(({ id }) => id).join();
    const known = drafts.get(key);
    if (known !== undefined) return known;
    const last = moves.at(-1);
    const before = make(moves.slice(0, -1));
    const made = last && before ? drafted(before, last, rules) : null;
    drafts.set(key, made);
    return made;
  };
  let smallest = base;
  let best: Draft | null = null;
  for (const moves of choices) {
    if (best && slowdown(moves) >= slowdown(best.moves) - slowdown(base.moves)) break;
    const draft = make(moves);
    if (!draft) continue;
    const outcome = first(draft, smallerMicroBatches(draft.reading.plan), rules);
    if (outcome.smallest.memory.deviceBytes < smallest.memory.deviceBytes) smallest = outcome.smallest;
    const { fitting } = outcome;
    if (fitting && (!best || slowdown(fitting.moves) < slowdown(best.moves))) best = fitting;
  }
  return { fitting: best, smallest };
}

/** 8-bit states and 4-bit weights are not split without further settings. */
function goesWith({ id }: Move, moves: readonly Move[]): boolean {
  return !id.startsWith("zero") || !moves.some((move) => move.id === "8-bit" || move.id === "qlora");
}

/** `draft` as it is, or with the first of `moves` that makes it fit; they need less one after the other. */
function first(draft: Draft, moves: readonly Move[], rules: Search): Outcome {
  const holds = ({ memory }: Draft) => memory.deviceBytes <= rules.usableBytes;
  if (holds(draft)) return { fitting: draft, smallest: draft };
  const last = moves.at(-1);
  const smallest = last && drafted(draft, last, rules);
  if (!smallest || !holds(smallest)) return { fitting: null, smallest: smallest ?? draft };
  let fitting = smallest;
  let low = -1;
  let high = moves.length - 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const move = moves[middle];
    const made = move && drafted(draft, move, rules);
    if (made && holds(made)) {
      fitting = made;
      high = middle;
    } else low = middle;
  }
  return { fitting, smallest };
}

/** `draft` after a move, and after those that evaluation asks for then; null where the move cannot be made. */
function drafted(draft: Draft, move: Move, rules: Search): Draft | null {
  const made = moved(draft, move, rules);
  return made && evaluating(made, rules);
}

/** `draft` with so small a batch in evaluation that this is not what makes it too large, where that helps. */
function evaluating(draft: Draft, rules: Search): Draft {
  const evaluates = ({ memory }: Draft) => memory.peakAt === "evaluation" && memory.deviceBytes > rules.usableBytes;
  if (!evaluates(draft)) return draft;
  for (const move of smallerEvaluations(draft.reading.plan)) {
    const made = moved(draft, move, rules);
    if (made && !evaluates(made)) return made;
  }
  return draft;
}

/** `draft` after a move; null where the framework has no words for it, or where the config then says something else. */
function moved(draft: Draft, move: Move, { again }: Search): Draft | null {
  const edits = move.edits(draft.reading);
  if (edits.length === 0) return null;
  const revision = revise(draft.revision, edits);
  const reading = again(revision.text);
  const memory = reading?.memory.value;
  if (!reading || !memory || !move.worked(reading.plan, draft.reading.plan)) return null;
  if (!isSameExperiment(draft.reading, reading, move)) return null;
  return { revision, reading, memory, moves: [...draft.moves.filter(({ id }) => id !== move.id), move] };
}

/** Whether a move leaves alone what it does not mean: what is trained, for what, and on how much per update. */
function isSameExperiment(before: Reading, after: Reading, { id }: Move): boolean {
  const adapts = before.plan.lora !== null && id !== "rank";
  const facts = ({ plan: { stage, parallelism, sequenceLength, lora }, run }: Reading) => [
    stage.value,
    run.value?.architecture.id,
    run.value?.parameters.total,
    parallelism.gpus.value,
    id === "sequence" ? null : sequenceLength.value,
    adapts ? lora?.rank.value : null,
    adapts ? JSON.stringify(lora?.targets.value) : null,
  ];
  const [old, now] = [facts(before), facts(after)];
  return (
    before.dialect === after.dialect &&
    old.every((fact, index) => fact === now[index]) &&
    globalBatchSize(before.plan) === globalBatchSize(after.plan)
  );
}

/** Adapters learn at a rate of their own: one that the file states for all weights is raised to what is usual for them. */
function withRate(draft: Draft, rules: Search): Draft {
  const { plan, model } = draft.reading;
  const { peak } = plan.learningRate;
  const range = learningRateRange(plan, model.value);
  if (plan.lora === null || !range || !ownPlace(peak) || (peak.value ?? 1) >= range.usual) return draft;
  return drafted(draft, rateMove(range.usual, formatRate(range.usual)), rules) ?? draft;
}

/** Every way to take one move at most from each group. */
function combinations(groups: readonly (readonly Move[])[]): (readonly Move[])[] {
  return groups.reduce<(readonly Move[])[]>(
    (sets, moves) => sets.flatMap((set) => [set, ...moves.map((move) => [...set, move])]),
    [[]],
  );
}

function slowdown(moves: readonly Move[]): number {
  return moves.reduce((sum, move) => sum + move.slowdown, 0);
}

/** Whether `large` takes all that `small` takes, and perhaps more: QLoRA is LoRA and more. */
function isIn(small: Draft, large: Draft): boolean {
  return small.moves.every(({ id, slowdown }) =>
    large.moves.some(
      (other) => (other.id === id || (id === "lora" && other.id === "qlora")) && other.slowdown >= slowdown,
    ),
  );
}

function proposalOf({ reading, memory, moves, revision }: Draft, gpu: Gpu, original: string): Proposal {
  const names = moves.map(({ name }) => name(reading.plan));
  const costs = [...moves.map(({ cost }) => cost), memory.hostBytes > 0 ? hostText(memory.hostBytes) : ""];
  const [last = "", others = ""] = [names.at(-1), names.slice(0, -1).join(", ")];
  const title = others === "" ? last : t`${others} and ${last}`;
  return {
    title: title.slice(0, 1).toUpperCase() + title.slice(1),
    memory,
    verdict: verdictOn(gpu, memory),
    cost: costs.filter((cost) => cost !== "").join("; ") || t`no slower`,
    changes: moves.flatMap(({ change }) => (change ? [change(reading.plan)] : [])),
    edits: editsOf(revision, original),
  };
}

function hostText(bytes: number): string {
  return t`${formatGibibytes(bytes)} of the host's memory per GPU`;
}
