import { reader } from "../../dialects/reader.ts";
import { asksForFsdp } from "../../dialects/trainerSplit.ts";
import { t } from "../../language.ts";
import { does, releases } from "../../plan/releases.ts";
import { switchedOn } from "../places.ts";
import type { Subject } from "../rule.ts";

/** Keys that do nothing unless something else is on. */
export interface Dependence {
  /** The ids of the frameworks that pass over them. */
  readonly dialects: readonly string[];
  readonly keys: readonly string[];
  /** What has to be there for them to do something, in a sentence. */
  readonly needs: string;
  /** Whether it is surely not there. */
  readonly isMissing: (subject: Subject) => boolean;
  readonly source: string;
}

/** The frameworks whose arguments are transformers' own. */
const trainers = ["hf-trl", "llamafactory"];

export const dependences: readonly Dependence[] = [
  {
    dialects: trainers,
    keys: ["eval_steps"],
    needs: t`eval_strategy: steps`,
    isMissing: happensOtherwise("eval_strategy"),
    source: "transformers 5.18.0, trainer_callback.py (DefaultFlowCallback)",
  },
  {
    dialects: trainers,
    keys: ["save_steps"],
    needs: t`save_strategy: steps`,
    isMissing: happensOtherwise("save_strategy"),
    source: "transformers 5.18.0, trainer_callback.py (DefaultFlowCallback)",
  },
  {
    dialects: trainers,
    keys: ["logging_steps"],
    needs: t`logging_strategy: steps`,
    isMissing: happensOtherwise("logging_strategy"),
    source: "transformers 5.18.0, trainer_callback.py (DefaultFlowCallback)",
  },
  {
    dialects: trainers,
    keys: ["liger_kernel_config"],
    needs: "use_liger_kernel",
    isMissing: isOff("use_liger_kernel"),
    source: "transformers 5.18.0, trainer.py",
  },
  {
    dialects: ["hf-trl"],
    keys: ["fsdp_config"],
    needs: "fsdp",
    isMissing: ({ document, versions }) => !asksForFsdp(document) && does(versions, releases.readsFsdpConfigWithFsdp),
    source: "transformers 5.18.0, training_args.py (_process_fsdp_args)",
  },
  {
    dialects: ["hf-trl"],
    keys: ["bnb_4bit_quant_type", "use_bnb_nested_quant"],
    needs: "load_in_4bit",
    isMissing: among(isOff("load_in_4bit")),
    source: "TRL 1.13.0, trainer/utils.py (get_quantization_config)",
  },
  {
    dialects: ["hf-trl"],
    keys: [
      "lora_r",
      "lora_alpha",
      "lora_dropout",
      "lora_target_modules",
      "lora_modules_to_save",
      "use_rslora",
      "use_dora",
    ],
    needs: "use_peft",
    isMissing: among(trainsAll),
    source: "TRL 1.13.0, trainer/utils.py (get_peft_config)",
  },
  {
    dialects: ["hf-trl"],
    keys: ["packing_strategy"],
    needs: "packing",
    isMissing: among((subject) => isOff("packing")(subject) && !switchedOn(subject, "eval_packing")),
    source: "TRL 1.13.0, trainer/sft_trainer.py",
  },
  {
    dialects: ["hf-trl"],
    keys: ["vllm_mode", "vllm_gpu_memory_utilization"],
    needs: "use_vllm",
    isMissing: among(isOff("use_vllm")),
    source: "TRL 1.13.0, trainer/grpo_trainer.py",
  },
  {
    dialects: ["llamafactory"],
    keys: ["lora_rank", "lora_alpha", "lora_dropout", "lora_target", "additional_target", "use_rslora", "use_dora"],
    needs: t`finetuning_type: lora`,
    isMissing: trainsAll,
    source: "LLaMA-Factory, model/adapter.py (init_adapter)",
  },
  {
    dialects: ["llamafactory"],
    keys: ["freeze_trainable_layers", "freeze_trainable_modules", "freeze_extra_modules"],
    needs: t`finetuning_type: freeze`,
    isMissing: ({ plan }) => plan.method.value !== undefined && plan.method.value !== "freeze",
    source: "LLaMA-Factory, model/adapter.py (init_adapter)",
  },
  {
    dialects: ["llamafactory"],
    keys: ["pref_beta", "pref_loss", "pref_ftx", "simpo_gamma"],
    needs: t`stage: dpo`,
    isMissing: ({ plan }) =>
      ["pretrain", "continued-pretrain", "sft", "reward", "ppo"].includes(plan.stage.value ?? ""),
    source: "LLaMA-Factory, train/dpo/trainer.py, train/kto/trainer.py",
  },
  {
    dialects: ["llamafactory"],
    keys: ["quantization_type", "quantization_method", "double_quantization"],
    needs: "quantization_bit",
    isMissing: ({ plan }) => plan.quantization === null,
    source: "LLaMA-Factory, model/model_utils/quantization.py",
  },
  {
    dialects: ["ms-swift"],
    keys: ["lora_rank", "lora_alpha", "lora_dropout", "target_modules"],
    needs: t`tuner_type: lora`,
    isMissing: trainsAll,
    source: "ms-swift, pipelines/train/tuner.py (prepare_model)",
  },
  {
    dialects: ["axolotl"],
    keys: ["evals_per_epoch", "eval_steps", "eval_batch_size", "eval_sample_packing"],
    needs: t`val_set_size or test_datasets`,
    isMissing: ({ document, dialect }) => {
      const keys = reader(document, dialect.vocabulary);
      return !keys.has("test_datasets") && keys.number("val_set_size").value === 0;
    },
    source: "axolotl, core/builders/base.py",
  },
];

/** A flag that is off, or not there and off by default. */
function isOff(flag: string): (subject: Subject) => boolean {
  return ({ document, dialect }) => reader(document, dialect.vocabulary).flag(flag).value === false;
}

/** Only in configs of the framework's own trainers: scripts that nobody knows have keys of their own. */
function among(isMissing: (subject: Subject) => boolean): (subject: Subject) => boolean {
  return (subject) => !subject.dialect.isForScripts?.(subject.document) && isMissing(subject);
}

/** Whether something never happens, or once in an epoch. */
function happensOtherwise(strategy: string): (subject: Subject) => boolean {
  return ({ document, dialect }) =>
    ["no", "epoch"].includes(reader(document, dialect.vocabulary).text(strategy).value ?? "");
}

/** Whether the config says that all weights are trained, without adapters. */
function trainsAll({ plan: { method } }: Subject): boolean {
  return method.value === "full" && method.origin === "file";
}
