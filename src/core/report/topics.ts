import type { TrainingPlan } from "../plan/plan.ts";
import { ownPlace, type Sourced } from "../plan/sourced.ts";
import { contains, type Position, type Range } from "../text/position.ts";

/** What a line of a config is about. */
export type Topic =
  | "model"
  | "method"
  | "rank"
  | "alpha"
  | "targets"
  | "quantization"
  | "microBatch"
  | "accumulation"
  | "sequence"
  | "optimizer"
  | "precision"
  | "checkpointing"
  | "attention"
  | "loss"
  | "learningRate"
  | "schedule"
  | "parallelism";

/** What the key or value at `position` is about, and which of the two it is; undefined where we have nothing to say. */
export function topicAt(plan: TrainingPlan, position: Position): { topic: Topic; range: Range } | undefined {
  for (const [topic, source] of topics(plan)) {
    const place = ownPlace(source);
    if (!place) continue;
    for (const range of [place.range, place.keyRange]) if (contains(range, position)) return { topic, range };
  }
  return undefined;
}

function topics(plan: TrainingPlan): readonly (readonly [Topic, Sourced<unknown>])[] {
  const { lora, quantization, optimizer, learningRate, duration, batch, precision, parallelism } = plan;
  const of = (topic: Topic, ...values: readonly (Sourced<unknown> | undefined)[]) =>
    values.flatMap((value) => (value ? [[topic, value] as const] : []));
  return [
    ...of("model", plan.model.id),
    ...of("method", plan.method),
    ...of("rank", lora?.rank),
    ...of("alpha", lora?.alpha),
    ...of("targets", lora?.targets),
    ...of("quantization", quantization?.bits),
    ...of("microBatch", batch.micro),
    ...of("accumulation", batch.accumulation),
    ...of("sequence", plan.sequenceLength),
    ...of("optimizer", optimizer.name),
    ...of("learningRate", learningRate.peak, ...(learningRate.groups ?? []).map(({ peak }) => peak)),
    ...of("schedule", learningRate.scheduler, learningRate.warmup, duration.epochs, duration.maxSteps),
    ...of("parallelism", parallelism.gpus, parallelism.sharding, parallelism.groups, parallelism.offload),
    ...of("checkpointing", plan.gradientCheckpointing),
    ...of("attention", plan.attention),
    ...of("loss", plan.loss),
    ...of("precision", precision.autocast, precision.trained, precision.frozen),
  ];
}
