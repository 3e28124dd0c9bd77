import type { ConfigOf } from "../golden.ts";

/** The case as a config of TRL. */
export const configOf: ConfigOf = ({ schedule, params, total, warmup, peak }) => ({
  name: "sft.yaml",
  text: `model_name_or_path: m
learning_rate: ${peak}
lr_scheduler_type: ${schedule}
lr_scheduler_kwargs: ${JSON.stringify(params)}
warmup_steps: ${warmup}
max_steps: ${total}
`,
});
