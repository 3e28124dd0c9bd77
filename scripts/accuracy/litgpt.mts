import { type Config, isNf4, yamlConfig } from "./config.mts";
import { type Row, releasesIn } from "./row.mts";

/** LitGPT's YAML, as in its config_hub. */
export function litgpt(row: Row): Config {
  const adapts = row.method !== "full";
  const has = (...names: readonly string[]) => names.some((name) => row.lora_targets?.includes(name));
  return yamlConfig(
    {
      checkpoint_dir: `checkpoints/${row.model}`,
      out_dir: `out/finetune/${row.method}`,
      precision: "bf16-true",
      devices: row.num_gpus,
      ...(isNf4(row) ? { quantize: /double/.test(row.weight_dtype ?? "") ? "bnb.nf4-dq" : "bnb.nf4" } : {}),
      ...(adapts
        ? {
            lora_r: row.lora_rank,
            lora_alpha: 16,
            lora_dropout: 0.05,
            lora_query: has("q_proj"),
            lora_key: has("k_proj"),
            lora_value: has("v_proj"),
            lora_projection: has("o_proj"),
            lora_mlp: has("mlp", "up_proj"),
            lora_head: has("lm_head"),
          }
        : {}),
      data: { class_path: "litgpt.data.Alpaca" },
      train: {
        global_batch_size: 8 * (row.micro_batch ?? 1) * row.num_gpus,
        micro_batch_size: row.micro_batch,
        lr_warmup_steps: 100,
        epochs: 1,
        max_seq_length: row.seq_len,
      },
      optimizer: { class_path: "torch.optim.AdamW", init_args: { lr: 3e-4, weight_decay: 0.02 } },
    },
    { torch: "2.1.0", bitsandbytes: "0.42.0", ...releasesIn(row) },
  );
}
