import type { ConfigOf } from "../golden.ts";

/** The case as a configuration of DeepSpeed. */
export const configOf: ConfigOf = ({ schedule, params, peak }) => ({
  name: "ds_config.json",
  text: JSON.stringify({
    train_micro_batch_size_per_gpu: 1,
    zero_optimization: { stage: 2 },
    optimizer: { type: "AdamW", params: { lr: peak } },
    scheduler: { type: schedule, params },
  }),
});
