import { type Reader, reader } from "../../dialects/reader.ts";
import { t } from "../../language.ts";
import { ownPlace } from "../../plan/sourced.ts";
import { isAtLeast } from "../../plan/versions.ts";
import { formatCount } from "../../units.ts";
import { removing } from "../fixes.ts";
import { firstPlace } from "../places.ts";
import type { Report, Subject } from "../rule.ts";
import { isWritten, relatedAt, replacing, statedReplicas } from "./stated.ts";

/**
 * TRL's GRPO: the answers that are generated at once are whole groups of `num_generations`, and whole micro batches of all GPUs.
 * Source: TRL 1.13.0, trainer/grpo_config.py; releases before 0.18 count otherwise.
 */
export function* answersApart(subject: Subject): Iterable<Report> {
  const { document, dialect, plan, versions } = subject;
  if (dialect.id !== "hf-trl" || plan.stage.value !== "grpo" || !isAtLeast(versions, "trl", "0.18")) return;
  const keys = reader(document, dialect.vocabulary);
  const [atOnce, passes] = [keys.number("generation_batch_size"), keys.number("steps_per_generation")];
  const steps = ownPlace(passes);
  if (atOnce.place && steps) {
    yield {
      message: t`TRL takes generation_batch_size or steps_per_generation, and stops at both.`,
      range: steps.range,
      related: relatedAt(document, ownPlace(atOnce)),
      fixes: () =>
        removing(subject, ["steps_per_generation"], { title: t`Remove steps_per_generation`, preferred: true }),
    };
  } else {
    yield* groupsApart(subject, keys);
  }
}

function* groupsApart({ document, plan }: Subject, keys: Reader<string>): Iterable<Report> {
  const { micro, accumulation } = plan.batch;
  const [stated, group] = [keys.number("generation_batch_size"), keys.number("num_generations")];
  const gpus = statedReplicas(plan.parallelism);
  const pass = gpus === undefined ? undefined : (micro.value ?? 1) * gpus;
  const passes = keys.number("steps_per_generation", accumulation).value ?? 1;
  const atOnce = stated.value ?? (pass === undefined ? undefined : pass * passes);
  const place = firstPlace(stated, group, micro);
  if (!atOnce || !group.value || !place) return;
  if (atOnce % group.value !== 0) {
    const nearest = Math.max(1, Math.round(atOnce / group.value)) * group.value;
    yield {
      message: t`${formatCount(atOnce)} answers are generated at once, no multiple of the ${formatCount(group.value)} for each prompt (num_generations): TRL stops.`,
      range: place.range,
      related: [stated, group, micro].flatMap((source) => {
        const other = ownPlace(source);
        return other === place ? [] : relatedAt(document, other);
      }),
      fixes: () => (stated.place ? replacing(document, place, nearest) : []),
    };
    return;
  }
  const part = pass ?? (isWritten(micro) ? micro.value : undefined);
  if (stated.place && part && atOnce % part !== 0) {
    yield {
      message: t`generation_batch_size is ${formatCount(atOnce)}, no multiple of the ${formatCount(part)} sequences of a pass: TRL stops.`,
      range: place.range,
      related: relatedAt(document, ownPlace(micro)),
    };
  }
}
