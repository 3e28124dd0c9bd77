import type { ConfigOf } from "../golden.ts";

/** The case as a config of LLM-Foundry; the steps of the command line tell how many batches an epoch has. */
export const configOf: ConfigOf = ({ schedule, params, peak }) => {
  const { max_duration: duration, dataloader_len: _, tokens_per_batch: tokens, ...settings } = params;
  const lines = Object.entries(settings).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`);
  return {
    name: "train.yaml",
    text: `max_duration: ${duration}
max_seq_len: 2048
global_train_batch_size: ${Number(tokens) / 2048 || 8}
optimizer:
  name: decoupled_adamw
  lr: ${peak}
scheduler:
  name: ${schedule}
${lines.join("\n")}
model:
  name: mpt_causal_lm
train_loader:
  name: finetuning
`,
  };
};
