import { axolotl } from "./axolotl.mts";
import type { Writer } from "./config.mts";
import { fmsTuning, fsdpQlora, qwen, trl, trlOf2024 } from "./huggingFace.mts";
import { litgpt } from "./litgpt.mts";
import { llamaFactory } from "./llamaFactory.mts";
import { msSwift } from "./msSwift.mts";
import { peftBenchmark } from "./peftBenchmark.mts";
import type { Row } from "./row.mts";
import { torchtune } from "./torchtune.mts";
import { unsloth } from "./unsloth.mts";

/** Who writes the rows of a framework, by words in the framework's name or in the source; the first that fits. */
const writers: readonly (readonly [RegExp, Writer])[] = [
  [/axolotl/i, axolotl],
  [/llama-?factory/i, llamaFactory],
  [/torchtune/i, torchtune],
  [/^unsloth/i, unsloth],
  [/litgpt|lit-gpt/i, litgpt],
  [/swift/i, msSwift],
  [/QwenLM/i, qwen],
  [/fsdp_qlora/i, fsdpQlora],
  [/method_comparison/i, peftBenchmark],
  [/fms-hf-tuning/i, fmsTuning],
  [/peft docs/i, trlOf2024],
  [/TRL|HF|transformers|Hugging Face/i, trl],
];

/** The writer for a row; undefined for a framework whose configs are not read here. */
export function writerOf({ framework, source }: Row): Writer | undefined {
  if (framework === null) return undefined;
  return writers.find(([name]) => name.test(`${framework} ${source}`))?.[1];
}
