import type { ConfigOf } from "../golden.ts";

/** The case as a config of torchtune. */
export const configOf: ConfigOf = ({ schedule, params, total, warmup, peak }) => ({
  name: "recipe.yaml",
  text: JSON.stringify({
    model: { _component_: "torchtune.models.llama3_2.lora_llama3_2_1b" },
    optimizer: { _component_: "torch.optim.AdamW", lr: peak },
    lr_scheduler: { _component_: `torchtune.training.lr_schedulers.${schedule}`, num_warmup_steps: warmup, ...params },
    batch_size: 1,
    epochs: 1,
    max_steps_per_epoch: total,
  }),
});
