import { attentionOf, type Config, checkpoints, isNf4, yamlConfig } from "./config.mts";
import { type Row, releasesIn } from "./row.mts";

/** LLaMA-Factory's YAML, as in its examples. */
export function llamaFactory(row: Row): Config {
  const adapts = row.method !== "full";
  const attention = attentionOf(row);
  return yamlConfig(
    {
      model_name_or_path: row.model,
      stage: "sft",
      do_train: true,
      finetuning_type: adapts ? "lora" : "full",
      ...(adapts ? { lora_rank: row.lora_rank, lora_target: row.lora_targets?.join(",") ?? "all" } : {}),
      ...(isNf4(row) ? { quantization_bit: 4, quantization_method: "bnb" } : {}),
      flash_attn: attention === "flash_attention_2" ? "fa2" : attention === "eager" ? "disabled" : attention,
      disable_gradient_checkpointing: !checkpoints(row),
      enable_liger_kernel: /liger/i.test(row.fused_ce ?? "") || undefined,
      use_unsloth: /unsloth/i.test(row.framework ?? "") || undefined,
      cutoff_len: row.seq_len,
      packing: row.packed === true || undefined,
      per_device_train_batch_size: row.micro_batch,
      gradient_accumulation_steps: 1,
      learning_rate: adapts ? 1e-4 : 1e-5,
      num_train_epochs: 1,
      bf16: row.compute_dtype !== "float16",
      fp16: row.compute_dtype === "float16" || undefined,
      deepspeed: row.zero_stage === null ? undefined : "deepspeed.json",
    },
    releasesIn(row),
    row.zero_stage === null ? {} : { files: { "deepspeed.json": { zero_optimization: { stage: row.zero_stage } } } },
  );
}
