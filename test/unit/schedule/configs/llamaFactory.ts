import type { ConfigOf } from "../golden.ts";

/** The case as a config of LLaMA-Factory, which works the settings of the scheduler out itself. */
export const configOf: ConfigOf = ({ schedule, total, warmup, peak }) => ({
  name: "sft.yaml",
  text: `model_name_or_path: m
stage: sft
do_train: true
finetuning_type: full
learning_rate: ${peak}
lr_scheduler_type: ${schedule}
warmup_steps: ${warmup}
max_steps: ${total}
`,
});
