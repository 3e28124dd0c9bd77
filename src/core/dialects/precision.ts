import { t } from "../language.ts";
import type { Dtype, Precision } from "../plan/plan.ts";
import { does, releases } from "../plan/releases.ts";
import { assumed, byDefault, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";

const dtypes: ReadonlyMap<string, Dtype> = new Map([
  ["bfloat16", "bfloat16"],
  ["bf16", "bfloat16"],
  ["float16", "float16"],
  ["fp16", "float16"],
  ["f16", "float16"],
  ["half", "float16"],
  ["float32", "float32"],
  ["fp32", "float32"],
  ["f32", "float32"],
  ["float", "float32"],
]);

/** The type by the names that torch and the frameworks have for it, such as `bf16` or `torch.bfloat16`. */
export function dtypeNamed(name: string | undefined): Dtype | undefined {
  return dtypes.get((name ?? "").replace(/^torch\./, ""));
}

/** The type that autocast computes in, by its name; null for `no`, `none`, or float32, which needs no autocast. */
export function autocastNamed(name: string): Dtype | null {
  const type = dtypeNamed(name);
  return type === undefined || type === "float32" ? null : type;
}

/** Autocast by transformers' flags `bf16` and `fp16`. */
export function autocastFlagged(bf16: Sourced<boolean>, fp16: Sourced<boolean>): Sourced<Dtype | null> {
  return bf16.value ? mapped(bf16, () => "bfloat16") : mapped(fp16, (on) => (on ? "float16" : null));
}

/** Weights of one type, trained or frozen, and adapters of the same type or their own. */
export function precisionOf(
  weights: Sourced<Dtype>,
  autocast: Sourced<Dtype | null>,
  adapters: Sourced<Dtype> = weights,
): Precision {
  return { trained: weights, frozen: weights, adapters, quantizedAdapters: adapters, autocast };
}

/** Megatron adds gradients up in float32 and computes with 16-bit copies of the weights. */
export const megatronGradients = { gradients: byDefault<Dtype>("float32", t`Megatron's buffers of gradients`) };

const composerTypes: ReadonlyMap<string, Dtype | null> = new Map([
  ["amp_bf16", "bfloat16"],
  ["amp_fp16", "float16"],
  ["amp_fp8", "bfloat16"],
  ["fp32", null],
]);

/** Composer's `precision`, which OLMo has too: what autocast, or FSDP in its place, makes of `weights`. */
export function composerPrecision(name: Sourced<string>, weights: Sourced<Dtype>): Precision {
  const type = composerTypes.get(name.value ?? "");
  if (type !== undefined || name.origin === "unknown")
    return precisionOf(
      weights,
      mapped(name, () => type ?? null),
    );
  return precisionOf(weights, unknown(t`what precision: ${name.value} means is not known`, name.place));
}

/** Weights that are loaded in the type that the checkpoint has. */
export const checkpointType = assumed<Dtype>("bfloat16", t`the checkpoint's own type, taken to be bfloat16`);

/** The type of adapters that PEFT makes and nothing else casts. */
export const peftType = byDefault<Dtype>("float32", t`PEFT's default`);

/** The type of adapters beside `weights`: theirs in some releases of PEFT, which makes them float32 otherwise. */
export function adapterType(versions: Versions, weights: Sourced<Dtype>): Sourced<Dtype> {
  return does(versions, releases.peftKeepsWeightType) ? weights : peftType;
}
