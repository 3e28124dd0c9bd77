import { type Config, yamlConfig } from "./config.mts";
import { type Row, releasesIn } from "./row.mts";

/** An experiment of PEFT's method comparison: its training_params.json. The adapter stands in a file beside it. */
export function peftBenchmark(row: Row): Config {
  return yamlConfig(
    {
      model_id: row.model,
      dtype: row.weight_dtype,
      batch_size: row.micro_batch,
      max_seq_length: row.seq_len ?? 768,
      use_gc: row.grad_checkpointing,
      attn_implementation: "sdpa",
      optimizer_type: "AdamW",
      optimizer_kwargs: { lr: row.method === "full" ? 1e-5 : 1e-4 },
    },
    releasesIn(row),
  );
}
