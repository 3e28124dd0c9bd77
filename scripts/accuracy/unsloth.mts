import { type Config, isNf4, yamlConfig } from "./config.mts";
import { type Row, releasesIn } from "./row.mts";

/** The YAML of Unsloth's studio. */
export function unsloth(row: Row): Config {
  const adapts = row.method !== "full";
  const offloads = typeof row.grad_checkpointing === "string" && /unsloth/.test(row.grad_checkpointing);
  return yamlConfig(
    {
      model: row.model,
      training: {
        training_type: adapts ? "lora" : "full",
        load_in_4bit: isNf4(row),
        max_seq_length: row.seq_len,
        batch_size: row.micro_batch,
        gradient_accumulation_steps: 4,
        learning_rate: 2e-4,
        num_epochs: 1,
        optim: row.optimizer?.split(/[ (]/)[0] ?? "adamw_8bit",
        packing: row.packed === true,
        gradient_checkpointing: offloads ? "unsloth" : row.grad_checkpointing ? "true" : "none",
      },
      ...(adapts
        ? { lora: { lora_r: row.lora_rank, lora_alpha: 16, lora_dropout: 0, target_modules: row.lora_targets } }
        : {}),
    },
    releasesIn(row),
  );
}
