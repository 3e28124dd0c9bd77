import { type Analysis, analyze } from "../../src/core/analyze.ts";
import type { MemoryEstimate } from "../../src/core/memory/estimate.ts";
import type { RuleOfThumb } from "../../src/core/memory/ruleOfThumb.ts";
import type { Run } from "../../src/core/memory/run.ts";
import { builtInCatalogue } from "../../src/core/models/builtIn.ts";
import type { TextFormat } from "../../src/core/text/document.ts";

/** Whatever the page's examples are told to have in common: packed sequences of 2,048 tokens, one after the other. */
const common = `packing: true
loss_type: nll
max_length: 2048
per_device_train_batch_size: 1
optim: adamw_torch_fused
learning_rate: 1e-5
`;

export const llama2 = "model_name_or_path: meta-llama/Llama-2-7b-hf\n";
export const llama31 = "model_name_or_path: meta-llama/Llama-3.1-8B\n";

/** Weights, gradients and states in bfloat16. */
export const pure = "dtype: bfloat16\nbf16: false\n";
/** All of them in float32; matrix products under autocast. */
export const autocast = "dtype: float32\nbf16: true\n";

export const kept = "gradient_checkpointing: false\n";
export const checkpointed = "gradient_checkpointing: true\n";

const adapters = "use_peft: true\nlora_r: 16\nlora_target_modules: all-linear\nlora_dropout: 0\n";
export const lora = `dtype: bfloat16\nbf16: true\n${adapters}`;
export const qlora = `${lora}load_in_4bit: true\nuse_bnb_nested_quant: true\n`;

/** What is told of a run whose memory is known. */
export interface Told {
  readonly analysis: Analysis;
  readonly run: Run;
  readonly memory: MemoryEstimate;
  readonly rule: RuleOfThumb;
}

/** A run of TRL's SFTTrainer as the lines have it; later lines win. */
export function trainer(...lines: readonly string[]): Told {
  const byKey = new Map((common + lines.join("")).match(/.+\n/g)?.map((line) => [line.split(":")[0], line]));
  return told([...byKey.values()].join(""), "yaml");
}

export function told(text: string, format: TextFormat): Told {
  const analysis = analyze(text, { format, catalogue: builtInCatalogue });
  if (!analysis?.run.value || !analysis.memory.value || !analysis.ruleOfThumb.value)
    throw new Error(`The memory of this run is not known:\n${text}`);
  return { analysis, run: analysis.run.value, memory: analysis.memory.value, rule: analysis.ruleOfThumb.value };
}
