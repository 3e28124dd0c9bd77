import type { ConfigOf } from "../golden.ts";

/** The case as a config of Megatron-SWIFT, under the names that Megatron's command line has. */
export const configOf: ConfigOf = ({ schedule, params, total, warmup, peak }) => {
  const { init_lr: start, global_batch_size: batch, ...settings } = params;
  const lines = Object.entries(settings).flatMap(([key, value]) => (value === null ? [] : [`${key}: ${value}`]));
  return {
    name: "sft.yaml",
    text: `model: m
tensor_model_parallel_size: 1
micro_batch_size: 1
global_batch_size: ${batch}
lr: ${peak}
lr_decay_style: ${schedule}
lr_warmup_init: ${start}
lr_warmup_iters: ${warmup}
train_iters: ${total}
${lines.join("\n")}
`,
  };
};
