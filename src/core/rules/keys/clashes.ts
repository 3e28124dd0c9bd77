import { usesMegatron } from "../../dialects/megatronSwift.ts";
import { reader } from "../../dialects/reader.ts";
import { t } from "../../language.ts";
import { releases } from "../../plan/releases.ts";
import { switchedOn, written } from "../places.ts";
import type { Subject } from "../rule.ts";
import { apart, type Clash, lacking, put, without } from "./clash.ts";
import { clashesOfAxolotl } from "./clashesOfAxolotl.ts";
import { clashesOfTrainers } from "./clashesOfTrainers.ts";

export const clashes: readonly Clash[] = [
  ...clashesOfTrainers,
  ...clashesOfAxolotl,
  layerwise("galore"),
  layerwise("apollo"),
  joined("packing", (subject) => !!switchedOn(subject, "packing")),
  joined("padding_free", (subject) => !!switchedOn(subject, "padding_free") && !switchedOn(subject, "packing")),
  ...besideUpdatesInBackward(),
  ...besideQuantization(),
  {
    dialects: ["gpt-neox"],
    keys: ["precision", "fp16.enabled"],
    isRefused: (subject) => {
      const precision = textOf(subject, "precision");
      return !!written(subject, "precision") && !!precision && precision !== "fp16" && isHalf(subject);
    },
    message: (subject) => apart(`precision: ${textOf(subject, "precision")}`, "fp16.enabled")(subject),
    fixes: (subject) => [
      ...put(subject, "fp16.enabled", false, { preferred: false }),
      ...put(subject, "precision", "fp16", { preferred: false }),
    ],
    source: "gpt-neox, megatron/neox_arguments/arguments.py (calculate_derived)",
  },
];

function textOf({ document, dialect }: Subject, key: string): string | undefined {
  return reader(document, dialect.vocabulary).text(key).value;
}

function isHalf(subject: Subject): boolean {
  return !!switchedOn(subject, "fp16.enabled");
}

/** torchtune updates each weight as soon as its gradient is there: no gradients are added up, and there is no norm of all. */
function besideUpdatesInBackward(): readonly Clash[] {
  const key = "optimizer_in_bwd";
  const clash = (other: string, isRefused: Clash["isRefused"], otherwise: Clash["fixes"]): Clash => ({
    dialects: ["torchtune"],
    keys: [key, other],
    isRefused: (subject) => !!switchedOn(subject, key) && isRefused(subject),
    message: apart(key, other),
    fixes: (subject) => [...put(subject, key, false, { preferred: false }), ...otherwise(subject)],
    source: "torchtune, recipes/full_finetune_distributed.py and full_finetune_single_device.py",
  });
  const passes = "gradient_accumulation_steps";
  return [
    clash(
      passes,
      ({ plan }) => (plan.batch.accumulation.value ?? 1) > 1,
      (subject) => put(subject, passes, 1, { preferred: false }),
    ),
    clash(
      "clip_grad_norm",
      (subject) => !!written(subject, "clip_grad_norm"),
      (subject) => without(subject, ["clip_grad_norm"], false),
    ),
  ];
}

/** LitGPT quantises for one GPU alone, and computes then in the type of the weights; without a precision it is a mixed one. */
function besideQuantization(): readonly Clash[] {
  const clash = (
    others: readonly string[],
    what: string,
    isRefused: Clash["isRefused"],
    otherwise: Clash["fixes"],
  ): Clash => ({
    dialects: ["litgpt"],
    keys: ["quantize", ...others],
    isRefused: (subject) => /^bnb\./.test(textOf(subject, "quantize") ?? "") && isRefused(subject),
    message: apart("quantize", what),
    fixes: (subject) => [...otherwise(subject), ...without(subject, ["quantize"], false)],
    source: "litgpt, finetune/lora.py (setup)",
  });
  return [
    clash(
      ["precision"],
      t`a mixed precision`,
      (subject) => textOf(subject, "precision")?.includes("mixed") ?? false,
      (subject) => {
        const precision = textOf(subject, "precision") ?? "";
        return put(subject, "precision", precision.replace("mixed", "true"), { neighbours: ["quantize"] });
      },
    ),
    clash(
      ["devices", "num_nodes"],
      t`several devices`,
      (subject) => ["devices", "num_nodes"].some((key) => Number(textOf(subject, key)) > 1),
      (subject) =>
        ["devices", "num_nodes"].flatMap((key) =>
          Number(textOf(subject, key)) > 1 ? put(subject, key, 1, { preferred: false }) : [],
        ),
    ),
  ];
}

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
