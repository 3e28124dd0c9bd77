import type { Dialect } from "../dialects/dialect.ts";
import { detectDialect } from "../dialects/index.ts";
import { pull } from "../dialects/levers.ts";
import type { TrainingPlan } from "../plan/plan.ts";
import type { ConfigDocument } from "../text/document.ts";
import type { TextEdit } from "../text/edit.ts";
import { parse } from "../text/parse.ts";
import { type Revision, revise, revisionOf } from "../text/revision.ts";
import { type Hypothesis, triedMethods } from "./hypothesis.ts";

/** The text of `document` with what `hypothesis` tries in it, in the keys of its own framework. */
export function revisionWith(document: ConfigDocument, dialect: Dialect, hypothesis: Hypothesis): Revision {
  const { optimizer, method, gpus, ...change } = hypothesis;
  const steps: readonly ((current: ConfigDocument) => readonly TextEdit[])[] = [
    (current) => dialect.write(current, change),
    (current) => (method ? pull(current, dialect, method) : []),
    (current) => (optimizer ? pull(current, dialect, optimizer) : []),
  ];
  return steps.reduce((before, edits) => {
    const current =
      before.text === document.text ? document : detectDialect(parse(before.text, document.format))?.document;
    return current ? revise(before, edits(current)) : before;
  }, revisionOf(document.text));
}

/** Whether the framework has keys for what `hypothesis` tries. */
export function canWrite(document: ConfigDocument, dialect: Dialect, hypothesis: Hypothesis): boolean {
  const { optimizer, method, gpus, ...change } = hypothesis;
  const levers = [optimizer, method].filter((name) => name !== undefined);
  return dialect.write(document, change).length > 0 || levers.some((name) => pull(document, dialect, name).length > 0);
}

/** What of `hypothesis` is not what `plan` says anyway. */
export function differing(hypothesis: Hypothesis, plan: TrainingPlan): Hypothesis {
  const own: Hypothesis = {
    ...fact("microBatch", plan.batch.micro.value),
    ...fact("sequenceLength", plan.sequenceLength.value),
    ...fact("gradientCheckpointing", plan.gradientCheckpointing.value ?? false),
    ...fact("gpus", plan.parallelism.gpus.value ?? 1),
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

function fact<K extends keyof Hypothesis>(name: K, value: Hypothesis[K] | undefined): Hypothesis {
  return value === undefined ? {} : { [name]: value };
}
