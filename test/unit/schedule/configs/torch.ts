import type { ConfigOf } from "../golden.ts";

/** The case as a config of NeMo RL, which names torch's schedulers. */
export const configOf: ConfigOf = ({ schedule, params, total, peak }) => ({
  name: "grpo.yaml",
  text: JSON.stringify({
    grpo: { max_num_steps: total, num_prompts_per_step: 8, num_generations_per_prompt: 8 },
    policy: {
      model_name: "m",
      train_global_batch_size: 64,
      train_micro_batch_size: 1,
      max_total_sequence_length: 512,
      dtensor_cfg: { enabled: true },
      optimizer: { name: "torch.optim.AdamW", kwargs: { lr: peak } },
      scheduler: { name: `torch.optim.lr_scheduler.${schedule}`, kwargs: params },
    },
  }),
});
