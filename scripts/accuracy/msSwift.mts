import { attentionOf, type Config, checkpoints, isGptq, isNf4, yamlConfig } from "./config.mts";
import { type Row, releasesIn } from "./row.mts";

/** ms-swift 2.x of spring 2024, in the keys of its later releases: flags of `swift sft` as a YAML file. */
export function msSwift(row: Row): Config {
  const adapts = row.method !== "full";
  return yamlConfig(
    {
      model: modelName(row),
      tuner_type: adapts ? "lora" : "full",
      torch_dtype: "bfloat16",
      attn_impl: attentionOf(row)?.replace("flash_attention_2", "flash_attn"),
      per_device_train_batch_size: row.micro_batch,
      gradient_accumulation_steps: 16,
      gradient_checkpointing: checkpoints(row),
      max_length: row.seq_len,
      optim: "adamw_torch",
      ...(adapts
        ? { lora_rank: row.lora_rank, lora_alpha: 32, lora_dropout: 0.05, target_modules: row.lora_targets }
        : {}),
      ...(isNf4(row) ? { quant_method: "bnb", quant_bits: 4, bnb_4bit_use_double_quant: true } : {}),
    },
    { transformers: "4.38.2", torch: "2.2.1", trl: "0.7.12", peft: "0.9.0", ...releasesIn(row) },
  );
}

/** GPTQ runs start from Qwen's own copies. */
function modelName(row: Row): string {
  if (!isGptq(row)) return row.model ?? "";
  return `${row.model}-Chat-Int${/int8/.test(row.weight_dtype ?? "") ? 8 : 4}`;
}
