import type { ConfigOf } from "../golden.ts";

/** The case as a config of LitGPT, with one forward pass per update. */
export const configOf: ConfigOf = ({ schedule, params, total, warmup, peak }) => {
  const pretrains = schedule.startsWith("pretrain");
  const settings = Object.entries(params).map(([key, value]) => `  ${key}: ${value}`);
  return {
    name: "config.yaml",
    text: `${pretrains ? "model_name: pythia-14m" : "checkpoint_dir: checkpoints/m"}
devices: 1
train:
  global_batch_size: 4
  micro_batch_size: 4
  lr_warmup_steps: ${warmup}
  max_seq_length: 1024
  ${pretrains ? `max_tokens: ${total * 4 * 1024}` : `max_steps: ${total}`}
${settings.join("\n")}
optimizer:
  class_path: torch.optim.AdamW
  init_args:
    lr: ${peak}
`,
  };
};
