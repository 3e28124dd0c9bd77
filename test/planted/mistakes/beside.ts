import type { Analysis } from "../../../src/core/analyze.ts";
import { setValue } from "../../../src/core/text/edit.ts";
import { linkedFile } from "../../unit/dialects/reading.ts";
import { applyEdits } from "../../unit/edits.ts";
import type { Config } from "../mistake.ts";

/** Settings of DeepSpeed's that leave all to the training arguments. */
const harmless = {
  train_micro_batch_size_per_gpu: "auto",
  gradient_accumulation_steps: "auto",
  gradient_clipping: "auto",
  bf16: { enabled: "auto" },
  fp16: { enabled: "auto" },
  zero_optimization: { stage: 2 },
};

const trainers: ReadonlySet<string> = new Set(["hf-trl", "axolotl", "llamafactory", "ms-swift"]);

/** The config with a file of DeepSpeed's beside it that says this too; undefined where it has another way of sharing the work. */
export function besideDeepspeed(
  { document, dialect, plan }: Analysis,
  config: Config,
  settings: Readonly<Record<string, unknown>>,
): Config | undefined {
  const { sharding, zero } = plan.parallelism;
  const entry = document.root.entries.get("deepspeed");
  const hasFile = zero && entry?.value.kind === "scalar";
  const isFree = !entry && (sharding.value === "none" || sharding.value === undefined);
  if (!trainers.has(dialect.id) || !(hasFile || isFree) || document.root.entries.has("fsdp")) return undefined;
  const file = linkedFile("planted.json", JSON.stringify({ ...harmless, ...settings }, null, 2));
  const { linked } = config.options;
  return {
    ...config,
    text: applyEdits(config.text, setValue(document, "deepspeed", "planted.json")),
    options: {
      ...config.options,
      linked: { get: (path) => (path.endsWith("planted.json") ? file : linked?.get(path)) },
    },
  };
}
