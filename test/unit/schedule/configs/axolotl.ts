import type { ConfigOf } from "../golden.ts";

/** The case as a config of axolotl; null for a floor of restarts alone, and a warmup of one update, which axolotl makes two. */
export const configOf: ConfigOf = ({ schedule, params, total, warmup, peak }) => {
  const { pct_start: _, anneal_strategy: __, min_lr_scale: floor, ...settings } = params;
  if (floor === 0.1 || warmup === 1) return null;
  const lines = Object.entries(settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return {
    name: "config.yml",
    text: `base_model: m
micro_batch_size: 1
learning_rate: ${peak}
lr_scheduler: ${schedule.replace(/ .*/, "")}
warmup_steps: ${warmup}
max_steps: ${total}
${lines.join("\n")}
`,
  };
};
