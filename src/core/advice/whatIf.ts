import type { Dialect } from "../dialects/dialect.ts";
import { detectDialect } from "../dialects/index.ts";
import { pull } from "../dialects/levers.ts";
import type { TrainingPlan } from "../plan/plan.ts";
import type { ConfigDocument } from "../text/document.ts";
import type { TextEdit } from "../text/edit.ts";
import { parse } from "../text/parse.ts";
import { type Revision, revise, revisionOf } from "../text/revision.ts";
import { type Hypothesis, triedMethods } from "./hypothesis.ts";
import { floorEdits, floorOf, limitEdits, schedulerEdits } from "./scheduleTrials.ts";

/** Updates of a run whose length is not known. */
const usualSteps = 1000;

/**
 * The text of `document` with what `hypothesis` tries in it, in the keys of its own framework. A scheduler that needs a length gets
 * its share of `total` updates.
 */
export function revisionWith(
  document: ConfigDocument,
  dialect: Dialect,
  hypothesis: Hypothesis,
  total = usualSteps,
): Revision {
  const edits = editsOf(dialect, hypothesis, total);
  return edits.reduce((before, edit) => {
    const current =
      before.text === document.text ? document : detectDialect(parse(before.text, document.format))?.document;
    return current ? revise(before, edit(current)) : before;
  }, revisionOf(document.text));
}

/** Whether the framework has keys for what `hypothesis` tries. */
export function canWrite(document: ConfigDocument, dialect: Dialect, hypothesis: Hypothesis): boolean {
  return editsOf(dialect, hypothesis, usualSteps).some((edit) => edit(document).length > 0);
}

/** What it takes, one after the other: the floor is that of the scheduler that is there by then. */
function editsOf(
  dialect: Dialect,
  { optimizer, method, gpus: _, samples: __, scheduler, floor, maxSteps, ...change }: Hypothesis,
  total: number,
): readonly ((document: ConfigDocument) => readonly TextEdit[])[] {
  return [
    (document) => dialect.write(document, change),
    ...(method ? [(document: ConfigDocument) => pull(document, dialect, method)] : []),
    ...(optimizer ? [(document: ConfigDocument) => pull(document, dialect, optimizer)] : []),
    ...(scheduler ? [(document: ConfigDocument) => schedulerEdits(document, dialect, scheduler, total)] : []),
    ...(floor === undefined ? [] : [(document: ConfigDocument) => floorEdits(document, dialect, floor)]),
    ...(maxSteps ? [(document: ConfigDocument) => limitEdits(document, dialect, maxSteps)] : []),
  ];
}

/** What of `hypothesis` is not what `plan` says anyway. */
export function differing(hypothesis: Hypothesis, plan: TrainingPlan): Hypothesis {
  const own: Hypothesis = {
    ...fact("microBatch", plan.batch.micro.value),
    ...fact("sequenceLength", plan.sequenceLength.value),
    ...fact("gradientCheckpointing", plan.gradientCheckpointing.value ?? false),
    ...fact("gpus", plan.parallelism.gpus.value ?? 1),
    ...fact("peakLearningRate", plan.learningRate.peak.value),
    ...fact("scheduler", plan.learningRate.scheduler.value),
    ...ownWarmup(plan),
    ...fact("floor", floorOf(plan)),
    ...fact("epochs", plan.duration.epochs.value),
    ...fact("maxSteps", plan.duration.maxSteps.value ?? undefined),
    ...fact(
      "method",
      triedMethods.find((method) => method === plan.method.value),
    ),
  };
  const names = Object.keys(hypothesis) as (keyof Hypothesis)[];
  return Object.fromEntries(
    names.filter((name) => hypothesis[name] !== own[name]).map((name) => [name, hypothesis[name]]),
  );
}

function ownWarmup({ learningRate }: TrainingPlan): Hypothesis {
  const { value } = learningRate.warmup;
  if (!value) return {};
  return "steps" in value ? { warmupSteps: value.steps } : { warmupRatio: value.ratio };
}

function fact<K extends keyof Hypothesis>(name: K, value: Hypothesis[K] | undefined): Hypothesis {
  return value === undefined ? {} : { [name]: value };
}
