import type { Analysis } from "../../../src/core/analyze.ts";
import type { Sourced } from "../../../src/core/plan/sourced.ts";
import { entryAt } from "../../../src/core/text/document.ts";
import { setValue } from "../../../src/core/text/edit.ts";
import type { Mistake } from "../mistake.ts";
import { besideDeepspeed } from "./beside.ts";

/** A setting that differs from what the config says itself. */
function conflict(
  name: string,
  sourceOf: (analysis: Analysis) => Sourced<number | null>,
  settings: (value: number) => Readonly<Record<string, unknown>>,
): Mistake {
  return {
    rule: "deepspeed/conflict",
    name,
    plant(analysis, config) {
      const { value, origin, note } = sourceOf(analysis);
      if (origin !== "file" || note !== undefined || !value) return undefined;
      return besideDeepspeed(analysis, config, settings(value));
    },
  };
}

const scheduler = (warmup: number | "auto") => ({
  scheduler: { type: "WarmupLR", params: { warmup_min_lr: 0, warmup_max_lr: "auto", warmup_num_steps: warmup } },
});

export const deepspeedMistakes: readonly Mistake[] = [
  conflict(
    "another accumulation in DeepSpeed's file",
    ({ plan }) => plan.batch.accumulation,
    (value) => ({ gradient_accumulation_steps: value + 3 }),
  ),
  conflict(
    "another micro batch in DeepSpeed's file",
    ({ plan }) => plan.batch.micro,
    (value) => ({ train_micro_batch_size_per_gpu: 2 * value }),
  ),
  conflict(
    "another clipping in DeepSpeed's file",
    ({ plan }) => plan.optimizer.maxGradNorm,
    (value) => ({ gradient_clipping: value / 2 }),
  ),
  conflict(
    "another rate in DeepSpeed's file",
    ({ plan }) => plan.learningRate.peak,
    (value) => ({ optimizer: { type: "AdamW", params: { lr: value / 2, weight_decay: "auto" } } }),
  ),
  {
    rule: "deepspeed/scheduler-wins",
    name: "a scheduler in DeepSpeed's file",
    plant(analysis, config) {
      const { value, origin } = analysis.plan.learningRate.scheduler;
      if (origin !== "file" || value === undefined) return undefined;
      return besideDeepspeed(analysis, config, scheduler("auto"));
    },
  },
  {
    rule: "deepspeed/no-warmup",
    name: "a warmup of 0 updates in DeepSpeed's file",
    plant: (analysis, config) => besideDeepspeed(analysis, config, scheduler(0)),
  },
  {
    rule: "deepspeed/no-warmup",
    name: "a warmup of 0 updates in a file of DeepSpeed's own",
    plant({ dialect, document }) {
      const [type, steps] = ["scheduler.type", "scheduler.params.warmup_num_steps"].map((path) => {
        const node = entryAt(document.root, path)?.value;
        return node?.kind === "scalar" ? node.value : undefined;
      });
      const isWarmup = String(type).startsWith("Warmup") && typeof steps === "number";
      if (dialect.id !== "deepspeed" || !isWarmup) return undefined;
      return setValue(document, "scheduler.params.warmup_num_steps", 0);
    },
  },
  ...(["pure_bf16", "use_galore"] as const).map((key): Mistake => {
    return {
      rule: "deepspeed/incompatible",
      name: `${key} with ZeRO-3`,
      plant(analysis, config) {
        // Neither goes with what is judged of other optimizers and types.
        if (analysis.dialect.id !== "llamafactory" || analysis.findings.length > 0) return undefined;
        const beside = besideDeepspeed(analysis, config, { zero_optimization: { stage: 3 } });
        const line = config.options.format === "json" ? undefined : `${key}: true\n`;
        const hasKey = analysis.document.root.entries.has(key);
        return beside && line && !hasKey ? { ...beside, text: `${beside.text.trimEnd()}\n${line}` } : undefined;
      },
    };
  }),
  ...(["mixed_precision", "deepspeed_config.zero_stage"] as const).map((key): Mistake => {
    return {
      rule: "deepspeed/beside-file",
      name: `${key} beside DeepSpeed's own file`,
      plant({ dialect, document }) {
        const type = entryAt(document.root, "distributed_type")?.value;
        if (dialect.id !== "accelerate" || type?.kind !== "scalar" || type.value !== "DEEPSPEED") return undefined;
        if (entryAt(document.root, "deepspeed_config")?.value.kind !== "map") return undefined;
        const file = setValue(document, "deepspeed_config.deepspeed_config_file", "ds_config.json");
        if (entryAt(document.root, key)) return file;
        return entryAt(document.root, "deepspeed_config.deepspeed_config_file")
          ? setValue(document, key, key === "mixed_precision" ? "bf16" : 3)
          : undefined;
      },
    };
  }),
  {
    rule: "deepspeed/zero3-qlora",
    name: "ZeRO-3 in a run of QLoRA",
    plant(analysis, config) {
      if (analysis.plan.method.value !== "qlora" || analysis.plan.method.origin !== "file") return undefined;
      return besideDeepspeed(analysis, config, { zero_optimization: { stage: 3 } });
    },
  },
];
