import type { ConfigOf } from "../golden.ts";

/** The case as a config of verl. */
export const configOf: ConfigOf = ({ schedule, params, total, warmup, peak }) => ({
  name: "ppo.yaml",
  text: JSON.stringify({
    actor_rollout_ref: {
      model: { path: "m" },
      actor: { optim: { lr: peak, lr_scheduler_type: schedule, lr_warmup_steps: warmup, ...params } },
      rollout: { n: 8 },
    },
    trainer: { total_training_steps: total },
  }),
});
