import type { Architecture } from "../models/architecture.ts";
import type { Attention } from "../plan/plan.ts";
import type { NormShape } from "./blockTape.ts";

/** What sets families apart in ways that no dimension tells, by transformers' `model_type`. */

/** Encoders with BERT's blocks. */
export const encoders: ReadonlySet<string> = new Set([
  "bert",
  "mpnet",
  "roberta",
  "xlm-roberta",
  "deberta-v2",
  "distilbert",
]);

/** Whether a model reads whole texts instead of writing them. */
export function isEncoder({ type }: Architecture): boolean {
  return encoders.has(type) || type === "modernbert";
}

/** GPT-2's blocks: dropout unless told otherwise, GELU in Python, a softmax in the type of the scores. */
export const gpt2Types: ReadonlySet<string> = new Set(["gpt2", "gpt_bigcode"]);

/** Attention as a model has it: some have no kernel of torch's own, and some compute theirs in Python whatever one asks for. */
export function attentionOf({ type }: Architecture, asked: Attention): Attention {
  if (inPython.has(type)) return "eager";
  return withoutSdpa.has(type) && asked === "sdpa" ? "eager" : asked;
}

const inPython: ReadonlySet<string> = new Set(["bloom", "mpt", "deberta-v2", "mpnet", "t5", "mt5"]);

const withoutSdpa: ReadonlySet<string> = new Set(["gpt_oss", "gptj", "gpt_neo"]);

/** Gemma's RMSNorm, or Llama's. */
export function rmsKind(type: string): "gemma" | "rms" {
  return /^(pali)?gemma|^qwen3_(next|5)/.test(type) ? "gemma" : "rms";
}

/** Models whose experts never were linear layers of their own. */
export const alwaysFused: ReadonlySet<string> = new Set([
  "dbrx",
  "gemma4",
  "gpt_oss",
  "granitemoe",
  "granitemoehybrid",
  "llama4",
  "qwen3_vl_moe",
]);

/** Whether the final logits are bent by a tanh. */
export function softCapsLogits(type: string): boolean {
  return /^gemma(2|3n|4)/.test(type);
}

/** The norms of the residual stream. */
export function normShape({ norm, type }: Architecture, width: number): NormShape {
  const parameters = width * norm.parametersPerChannel;
  return { kind: norm.kind === "rms" ? rmsKind(type) : "layer", parameters };
}
