import type { ConfigOf } from "../golden.ts";

const names: Readonly<Record<string, string>> = {
  CosWithWarmup: "cosine_with_warmup",
  LinearWithWarmup: "linear_with_warmup",
  InvSqrtWithWarmup: "inverse_sqrt_with_warmup",
  CosLinearEnvelope: "cosine_linear_envelope",
};

/** The case as a config of OLMo; the linear one was run with a warmup from zero. */
export const configOf: ConfigOf = ({ schedule, params, total, warmup, peak }) => ({
  name: "train.yaml",
  text: JSON.stringify({
    model: { d_model: 1024, n_layers: 16, n_heads: 16, max_sequence_length: 1024 },
    global_train_batch_size: 8,
    device_train_microbatch_size: 8,
    max_duration: total,
    optimizer: { name: "adamw", learning_rate: peak },
    scheduler: {
      name: names[schedule],
      t_warmup: warmup,
      ...params,
      ...(schedule === "LinearWithWarmup" ? { warmup_min_lr: 0 } : {}),
    },
  }),
});
