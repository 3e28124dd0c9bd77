import { t } from "../language.ts";
import type { Kernels, LossImplementation, Quantization } from "../plan/plan.ts";
import { byDefault, mapped, type Sourced } from "../plan/sourced.ts";
import { type LinkedFiles, standingIn } from "./links.ts";
import { reader } from "./reader.ts";
import type { Vocabulary } from "./vocabulary.ts";

// Keys and defaults: foundation-model-stack/fms-acceleration at 876e2ed6fc4e, plugins/*/configs/*.yaml.

const vocabulary = {
  "plugins.peft.quantization.bitsandbytes.quant_type": { about: "4-bit type of the frozen weights" },
  "plugins.peft.quantization.bitsandbytes.no_peft_model": { about: "Leave the adapters to TRL", default: false },
  "plugins.peft.quantization.fused_ops_and_kernels.fused_linear_loss": { about: "Liger's fused loss", default: false },
  "plugins.training.fused_ops_and_kernels.fused_linear_loss": { about: "Liger's fused loss", default: false },
  "plugins.peft.quantization.fused_ops_and_kernels.fast_loss": {
    about: "Cross-entropy in a Triton kernel",
    default: false,
  },
  "plugins.peft.quantization.fused_ops_and_kernels.fast_rms_layernorm": {
    about: "RMSNorm in a Triton kernel",
    default: false,
  },
  "plugins.training.fused_ops_and_kernels.fast_rms_layernorm": { about: "RMSNorm in a Triton kernel", default: false },
  "plugins.training.fused_ops_and_kernels.fast_loss": { about: "Cross-entropy in a Triton kernel", default: false },
} as const satisfies Vocabulary;

/** What the plugins of fms-acceleration take over from the training arguments. */
export interface Plugins {
  readonly quantization: Quantization | null;
  readonly loss?: Sourced<LossImplementation>;
  readonly kernels?: Kernels;
}

/**
 * The plugins in the file that fms-hf-tuning's `acceleration_framework_config_file` names. With `no_peft_model` it is TRL that
 * makes the adapters, and does with the norms what it does.
 */
export function readPlugins(
  { value: path }: Sourced<string>,
  linked: LinkedFiles,
  normsInTrl: Sourced<boolean>,
): Plugins {
  const file = path === undefined ? undefined : linked.get(path);
  if (!file) return { quantization: null };
  const keys = reader(file.document, vocabulary);
  const type = keys.text("plugins.peft.quantization.bitsandbytes.quant_type");
  const leaves = keys.flag("plugins.peft.quantization.bitsandbytes.no_peft_model").value;
  const kernel = (name: "fused_linear_loss" | "fast_loss" | "fast_rms_layernorm") =>
    (["peft.quantization", "training"] as const)
      .map((part) => keys.flag(`plugins.${part}.fused_ops_and_kernels.${name}`))
      .find(({ value }) => value);
  const fused = kernel("fused_linear_loss");
  const loss = fused ?? kernel("fast_loss");
  const norms = kernel("fast_rms_layernorm");
  return {
    quantization:
      type.origin === "unknown"
        ? null
        : {
            bits: standingIn(
              file,
              mapped(type, () => 4),
            ),
            doubleQuantization: byDefault(true, t`fms-acceleration sets it`),
            float32Norms: leaves ? normsInTrl : byDefault(false, t`fms-acceleration leaves the norms as they are`),
          },
    ...(norms && { kernels: { norms: standingIn(file, norms), mlp: byDefault(false) } }),
    ...(loss && {
      loss: standingIn(
        file,
        mapped<boolean, LossImplementation>(loss, () => (fused ? "fused" : "in-place")),
      ),
    }),
  };
}
