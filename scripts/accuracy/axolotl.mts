import { attentionOf, type Config, checkpoints, isNf4, yamlConfig } from "./config.mts";
import { type Row, releasesIn } from "./row.mts";

/** axolotl's YAML, as in its examples. */
export function axolotl(row: Row): Config {
  const adapts = row.method !== "full";
  return yamlConfig(
    {
      base_model: row.model,
      adapter: adapts ? (isNf4(row) ? "qlora" : "lora") : undefined,
      load_in_4bit: isNf4(row) || undefined,
      ...(adapts
        ? { lora_r: row.lora_rank, lora_alpha: 16, lora_dropout: 0.05, lora_target_modules: row.lora_targets }
        : {}),
      sequence_len: row.seq_len,
      sample_packing: row.packed === true,
      micro_batch_size: row.micro_batch,
      gradient_accumulation_steps: 1,
      num_epochs: 1,
      optimizer: row.optimizer?.split(/[ (]/)[0],
      learning_rate: adapts ? 2e-4 : 2e-5,
      bf16: row.compute_dtype !== "float16",
      gradient_checkpointing: checkpoints(row),
      flash_attention: attentionOf(row) === "flash_attention_2" || undefined,
      plugins: /liger/i.test(row.fused_ce ?? "") ? ["axolotl.integrations.liger.LigerPlugin"] : undefined,
      liger_fused_linear_cross_entropy: /liger/i.test(row.fused_ce ?? "") || undefined,
      deepspeed: row.zero_stage === null ? undefined : `deepspeed_configs/zero${row.zero_stage}.json`,
    },
    releasesIn(row),
    row.zero_stage === null
      ? {}
      : {
          files: {
            [`deepspeed_configs/zero${row.zero_stage}.json`]: { zero_optimization: { stage: row.zero_stage } },
          },
        },
  );
}
