import { entryAt } from "../../../src/core/text/document.ts";
import { setValue, setValues } from "../../../src/core/text/edit.ts";
import type { Mistake } from "../mistake.ts";
import { besideDeepspeed } from "./beside.ts";

const rule = "batch/equation";

export const batchMistakes: readonly Mistake[] = [
  {
    rule,
    name: "DeepSpeed's train_batch_size one more than a multiple",
    plant({ dialect, document, plan: { batch } }) {
      const { value: micro, origin } = batch.micro;
      if (dialect.id !== "deepspeed" || origin !== "file" || !micro || micro < 2 || batch.micro.note) return undefined;
      if (entryAt(document.root, "train_micro_batch_size_per_gpu")?.value.kind !== "scalar") return undefined;
      return setValue(document, "train_batch_size", 16 * micro + 1);
    },
  },
  {
    rule,
    name: "a train_batch_size in DeepSpeed's file that the arguments do not make up",
    plant(analysis, config) {
      const { micro, accumulation } = analysis.plan.batch;
      if (micro.origin !== "file" || accumulation.origin !== "file" || !micro.value || !accumulation.value)
        return undefined;
      const unit = micro.value * accumulation.value;
      return unit > 1 ? besideDeepspeed(analysis, config, { train_batch_size: 16 * unit + 1 }) : undefined;
    },
  },
  {
    rule,
    name: "batch_size beside gradient_accumulation_steps",
    plant({ dialect, document }) {
      if (dialect.id !== "axolotl" || !document.root.entries.has("gradient_accumulation_steps")) return undefined;
      return setValue(document, "batch_size", 64);
    },
  },
  {
    rule,
    name: "a mini batch that is larger than the batch of a step",
    plant({ dialect, document, plan }) {
      const batch = entryAt(document.root, "data.train_batch_size")?.value;
      const actor = entryAt(document.root, "actor_rollout_ref.actor")?.value;
      const isNumber = batch?.kind === "scalar" && typeof batch.value === "number";
      if (dialect.id !== "verl" || plan.stage.value === "sft" || !isNumber || actor?.kind !== "map") return undefined;
      const dynamic = actor.entries.get("use_dynamic_bsz")?.value;
      if (dynamic?.kind === "scalar" && dynamic.value !== false) return undefined;
      return setValue(document, "actor_rollout_ref.actor.ppo_mini_batch_size", 2 * Number(batch.value));
    },
  },
  {
    rule,
    name: "generation_batch_size that is no multiple of num_generations",
    plant({ dialect, document, plan }) {
      if (dialect.id !== "hf-trl" || plan.stage.value !== "grpo") return undefined;
      return setValues(document, [
        ["num_generations", 8],
        ["generation_batch_size", 100],
        ["steps_per_generation", null],
      ]);
    },
  },
  {
    rule,
    name: "generation_batch_size beside steps_per_generation",
    plant({ dialect, document, plan }) {
      if (dialect.id !== "hf-trl" || plan.stage.value !== "grpo") return undefined;
      return setValues(document, [
        ["generation_batch_size", 64],
        ["steps_per_generation", 4],
      ]);
    },
  },
];
