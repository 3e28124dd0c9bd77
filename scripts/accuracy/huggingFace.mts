import type { Versions } from "../../src/core/plan/versions.ts";
import {
  attentionOf,
  checkpoints,
  isGptq,
  isNf4,
  type Settings,
  type Writer,
  weightType,
  yamlConfig,
} from "./config.mts";
import { type Row, releasesIn } from "./row.mts";

/** What a script adds to TRL's and transformers' arguments, and the releases where the row tells none. */
interface Script {
  readonly settings?: (row: Row) => Settings;
  readonly files?: (row: Row) => Readonly<Record<string, Settings>>;
  readonly versions: Versions;
}

/**
 * TRL's command line and the scripts around transformers' Trainer: one YAML with the training arguments, and accelerate's file
 * or DeepSpeed's where the run was sharded.
 */
export function huggingFaceWriter({ settings = () => ({}), files = () => ({}), versions }: Script): Writer {
  return (row) =>
    yamlConfig(
      { ...trainingArguments(row), ...settings(row) },
      { ...versions, ...releasesIn(row) },
      { files: { ...launchFiles(row), ...files(row) } },
    );
}

function trainingArguments(row: Row): Settings {
  const adapts = row.method !== "full";
  return {
    model_name_or_path: modelName(row),
    torch_dtype: weightType(row),
    attn_implementation: attentionOf(row),
    learning_rate: adapts ? 2e-4 : 2e-5,
    num_train_epochs: 1,
    per_device_train_batch_size: row.micro_batch,
    gradient_accumulation_steps: 1,
    gradient_checkpointing: checkpoints(row),
    max_length: row.seq_len,
    packing: row.packed === true || undefined,
    optim: optimizerName(row.optimizer),
    bf16: row.autocast === true && row.compute_dtype !== "float16",
    fp16: row.autocast === true && row.compute_dtype === "float16",
    use_liger_kernel: /liger/i.test(row.fused_ce ?? "") || undefined,
    use_peft: adapts,
    ...(adapts ? adapterArguments(row) : {}),
    ...(isNf4(row) ? quantizationArguments(row) : {}),
    ...launch(row),
  };
}

function adapterArguments({ lora_rank, lora_targets, trainable_extra_modules }: Row): Settings {
  return {
    lora_r: lora_rank,
    lora_alpha: 16,
    lora_dropout: 0.1,
    lora_target_modules: lora_targets,
    lora_modules_to_save: trainable_extra_modules ?? undefined,
  };
}

function quantizationArguments({ weight_dtype }: Row): Settings {
  return {
    load_in_4bit: true,
    bnb_4bit_quant_type: "nf4",
    use_bnb_nested_quant: /double/.test(weight_dtype ?? ""),
  };
}

/** The published copy with quantised weights where the run started from one. */
function modelName(row: Row): string {
  const copy = /\bmodel ([\w.-]+\/[\w.-]+)/.exec(row.notes ?? "")?.[1];
  return (isGptq(row) ? copy : undefined) ?? row.model ?? "";
}

/** `adamw_torch (HF default; foreach)` is `adamw_torch`; AdamW by any other name is torch's. */
function optimizerName(optimizer: string | null): string | undefined {
  const [word = ""] = (optimizer ?? "").split(/[ (]/);
  if (/^[a-z0-9_]+_[a-z0-9_]+$/.test(word)) return word;
  return /adamw/i.test(word) ? "adamw_torch" : undefined;
}

const accelerateFile = "accelerate.yaml";
const deepspeedFile = "deepspeed.json";

function launch(row: Row): Settings {
  return {
    ...(row.num_gpus > 1 ? { accelerate_config: accelerateFile } : {}),
    ...(row.zero_stage === null ? {} : { deepspeed: deepspeedFile }),
  };
}

function launchFiles(row: Row): Readonly<Record<string, Settings>> {
  return {
    ...(row.num_gpus > 1 ? { [accelerateFile]: accelerateSettings(row) } : {}),
    ...(row.zero_stage === null ? {} : { [deepspeedFile]: deepspeedSettings(row) }),
  };
}

function accelerateSettings(row: Row): Settings {
  const launcher = {
    compute_environment: "LOCAL_MACHINE",
    num_machines: 1,
    num_processes: row.num_gpus,
    mixed_precision: row.autocast ? (row.compute_dtype === "float16" ? "fp16" : "bf16") : "no",
  };
  if (row.fsdp === null) return { ...launcher, distributed_type: row.zero_stage === null ? "MULTI_GPU" : "DEEPSPEED" };
  return {
    ...launcher,
    distributed_type: "FSDP",
    fsdp_config: {
      fsdp_version: 1,
      fsdp_auto_wrap_policy: "TRANSFORMER_BASED_WRAP",
      fsdp_backward_prefetch: "BACKWARD_PRE",
      fsdp_sharding_strategy: /no_shard/.test(row.fsdp) ? "NO_SHARD" : "FULL_SHARD",
      fsdp_offload_params: offloadsParameters(row),
    },
  };
}

function offloadsParameters({ cpu_offload }: Row): boolean {
  return /param/.test(String(cpu_offload));
}

function deepspeedSettings(row: Row): Settings {
  return {
    bf16: { enabled: row.compute_dtype !== "float16" },
    fp16: { enabled: row.compute_dtype === "float16" },
    zero_optimization: {
      stage: row.zero_stage,
      ...(offloadsParameters(row) ? { offload_param: { device: "cpu" } } : {}),
    },
    train_micro_batch_size_per_gpu: "auto",
    gradient_accumulation_steps: "auto",
  };
}

const pluginFile = "acceleration.yaml";

/** fms-hf-tuning names its plugins in a file; those that quantise load the weights too. */
function tuningSettings(row: Row): Settings {
  const { quantization, training } = plugins(row);
  if (!quantization && !training) return {};
  const replaced = quantization
    ? { load_in_4bit: undefined, bnb_4bit_quant_type: undefined, use_bnb_nested_quant: undefined }
    : {};
  return { acceleration_framework_config_file: pluginFile, use_liger_kernel: undefined, ...replaced };
}

function tuningFiles(row: Row): Readonly<Record<string, Settings>> {
  const { quantization, training } = plugins(row);
  if (!quantization && !training) return {};
  return {
    [pluginFile]: {
      plugins: { ...(quantization ? { peft: { quantization } } : {}), ...(training ? { training } : {}) },
    },
  };
}

/** What the notes call `framework_config`, such as accelerated-peft-bnb-foak-liger. */
function plugins({ notes }: Row): { readonly quantization?: Settings; readonly training?: Settings } {
  const name = /framework_config=([\w-]+)/.exec(notes ?? "")?.[1] ?? "none";
  const isLiger = name.includes("liger");
  const kernels = name.includes("foak")
    ? {
        fused_ops_and_kernels: {
          fast_loss: !isLiger,
          fused_linear_loss: isLiger,
          fast_rms_layernorm: true,
          fast_rope_embeddings: true,
        },
      }
    : undefined;
  const isBnb = name.includes("peft-bnb");
  if (!isBnb && !name.includes("autogptq")) return kernels ? { training: kernels } : {};
  const loader = isBnb
    ? { bitsandbytes: { quant_type: "nf4", no_peft_model: name.startsWith("baseline") } }
    : { auto_gptq: { kernel: "triton_v2" } };
  return { quantization: { ...loader, ...kernels } };
}

/** Qwen's finetune.py sums up 8 passes, and its shell scripts load the model in the type that it computes in. */
function qwenSettings(row: Row): Settings {
  const size = /7B|1_8B|14B|72B/.exec(row.model ?? "")?.[0];
  return {
    model_name_or_path: isGptq(row) ? `Qwen/Qwen-${size}-Chat-Int4` : row.model,
    gradient_accumulation_steps: 8,
    lora_dropout: row.method === "full" ? undefined : 0.05,
    bf16: row.compute_dtype === "bfloat16",
    fp16: row.compute_dtype === "float16",
  };
}

export const trl = huggingFaceWriter({
  versions: { transformers: "4.45.2", torch: "2.4.1", trl: "0.11.4", peft: "0.13.2", accelerate: "1.0.1" },
});

export const fmsTuning = huggingFaceWriter({
  settings: tuningSettings,
  files: tuningFiles,
  versions: { transformers: "4.45.2", torch: "2.4.1", trl: "0.11.4", peft: "0.13.2", accelerate: "1.0.1" },
});

/** The commands in PEFT's documentation of March 2024. */
export const trlOf2024 = huggingFaceWriter({
  versions: { transformers: "4.38.2", torch: "2.2.1", trl: "0.7.12", peft: "0.9.0", accelerate: "0.27.2" },
});

export const qwen = huggingFaceWriter({
  settings: qwenSettings,
  versions: { transformers: "4.32.0", torch: "2.0.1", trl: "0.7.2", peft: "0.6.0", accelerate: "0.24.1" },
});

/** fsdp_qlora's train.py of March 2024 takes flags only; this is what they mean in TRL's terms. */
export const fsdpQlora = huggingFaceWriter({
  versions: { transformers: "4.38.2", torch: "2.2.1", trl: "0.7.12", peft: "0.9.0", accelerate: "0.27.2" },
});
