import type { ConfigOf } from "../golden.ts";

/** The case as a config of GPT-NeoX. */
export const configOf: ConfigOf = ({ schedule, params, total, peak }) => ({
  name: "neox.yml",
  text: JSON.stringify({
    num_layers: 12,
    hidden_size: 768,
    num_attention_heads: 12,
    train_micro_batch_size_per_gpu: 1,
    optimizer: { type: "Adam", params: { lr: peak } },
    train_iters: total,
    lr_decay_style: schedule,
    ...params,
  }),
});
