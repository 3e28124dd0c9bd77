import { usesMegatron } from "../../dialects/megatronSwift.ts";
import { reader } from "../../dialects/reader.ts";
import { releases } from "../../plan/releases.ts";
import { switchedOn, written } from "../places.ts";
import type { Subject } from "../rule.ts";
import { apart, type Clash, lacking, put } from "./clash.ts";
import { clashesOfAxolotl } from "./clashesOfAxolotl.ts";
import { clashesOfTrainers } from "./clashesOfTrainers.ts";

export const clashes: readonly Clash[] = [
  ...clashesOfTrainers,
  ...clashesOfAxolotl,
  layerwise("galore"),
  layerwise("apollo"),
  joined("packing", (subject) => !!switchedOn(subject, "packing")),
  joined("padding_free", (subject) => !!switchedOn(subject, "padding_free") && !switchedOn(subject, "packing")),
];

/** An optimizer that updates each layer in its backward pass, where there is nothing to accumulate. */
function layerwise(method: "galore" | "apollo"): Clash {
  const [key, passes] = [`${method}_layerwise`, "gradient_accumulation_steps"];
  return {
    dialects: ["llamafactory"],
    keys: [key, passes],
    isRefused: (subject) => {
      const isUsed = switchedOn(subject, `use_${method}`) && switchedOn(subject, key);
      const { accumulation } = subject.plan.batch;
      return !!isUsed && accumulation.value !== undefined && accumulation.value !== 1;
    },
    message: apart(key, passes),
    fixes: (subject) => [...put(subject, key, false), ...put(subject, passes, 1, { preferred: false })],
    source: `LLaMA-Factory, train/trainer_utils.py (_create_${method}_optimizer)`,
  };
}

/** Samples in one row, which only flash attention keeps apart; Megatron's own attention does as well. */
function joined(key: "packing" | "padding_free", isAsked: (subject: Subject) => boolean): Clash {
  return {
    dialects: ["ms-swift"],
    keys: [key, "attn_impl"],
    release: releases.swiftWantsFlashAttention,
    isRefused: (subject) => isAsked(subject) && !usesMegatron(subject.document.root) && !takesFlash(subject),
    message: lacking(key, "attn_impl: flash_attn"),
    fixes: (subject) => put(subject, "attn_impl", "flash_attn", { neighbours: [key] }),
    source: "ms-swift, arguments/sft_args.py (_check_padding_free)",
  };
}

/** Whether the config asks for flash attention, or for something that nobody knows. */
function takesFlash(subject: Subject): boolean {
  const { value } = reader(subject.document, subject.dialect.vocabulary).text("attn_impl");
  return !!written(subject, "attn_impl") && !["sdpa", "eager", "flex_attention"].includes(value ?? "");
}
