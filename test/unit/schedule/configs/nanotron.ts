import type { ConfigOf } from "../golden.ts";

/** The case as a config of nanotron. */
export const configOf: ConfigOf = ({ params, total }) => ({
  name: "config.yaml",
  text: JSON.stringify({
    parallelism: { dp: 1, tp: 1, pp: 1 },
    tokens: { train_steps: total, micro_batch_size: 1, batch_accumulation_per_replica: 1, sequence_length: 1024 },
    optimizer: { learning_rate_scheduler: params },
  }),
});
