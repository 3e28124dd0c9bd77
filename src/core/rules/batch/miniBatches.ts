import { reader } from "../../dialects/reader.ts";
import { t } from "../../language.ts";
import { ownPlace } from "../../plan/sourced.ts";
import { formatCount } from "../../units.ts";
import type { Report, Subject } from "../rule.ts";
import { isWritten, relatedAt, replacing, statedReplicas } from "./stated.ts";

const actor = "actor_rollout_ref.actor";

/**
 * verl's mini batches of reinforcement learning: no larger than the batch of a step, and on each GPU a multiple of the micro batch,
 * unless micro batches are filled by tokens. Source: verl, workers/config/actor.py (validate), workers/fsdp_workers.py.
 */
export function* miniBatchesApart({ document, dialect, plan }: Subject): Iterable<Report> {
  if (dialect.id !== "verl" || plan.stage.value === "sft") return;
  const keys = reader(document, dialect.vocabulary);
  if (keys.flag(`${actor}.use_dynamic_bsz`).value) return;
  const batch = keys.number("data.train_batch_size");
  const mini = keys.number(`${actor}.ppo_mini_batch_size`);
  const place = ownPlace(mini);
  if (!mini.value || !place || !isWritten(mini)) return;
  if (isWritten(batch) && batch.value && batch.value < mini.value) {
    yield {
      message: t`ppo_mini_batch_size is ${formatCount(mini.value)}, more than the ${formatCount(batch.value)} prompts of a step (train_batch_size): verl stops.`,
      range: place.range,
      related: relatedAt(document, ownPlace(batch)),
      fixes: () => replacing(document, place, batch.value),
    };
    return;
  }
  const micro = keys.number(`${actor}.ppo_micro_batch_size_per_gpu`);
  const gpus = statedReplicas(plan.parallelism);
  const answers = keys.number("actor_rollout_ref.rollout.n").value ?? 1;
  if (!isWritten(micro) || !micro.value || gpus === undefined || usesMegatron(keys.text(`${actor}.strategy`).value))
    return;
  const each = Math.floor((mini.value * answers) / gpus);
  if (each > 0 && each % micro.value === 0) return;
  const microPlace = ownPlace(micro) ?? place;
  yield {
    message: t`Each of ${formatCount(gpus)} GPUs gets ${formatCount(each)} answers of a mini batch (ppo_mini_batch_size × n / GPUs), no multiple of ppo_micro_batch_size_per_gpu, ${formatCount(micro.value)}: verl stops.`,
    range: microPlace.range,
    related: relatedAt(document, place),
    fixes: () => (each > 0 ? replacing(document, microPlace, largestDivisor(each, micro.value)) : []),
  };
}

function usesMegatron(strategy: string | undefined): boolean {
  return strategy === "megatron";
}

/** The largest divisor of `count` that is no larger than `most`. */
function largestDivisor(count: number, most: number): number {
  let divisor = Math.min(count, most);
  while (count % divisor !== 0) divisor--;
  return divisor;
}
