import { judges } from "../severities.ts";

describe("data/no-regularisation", () => {
  it("speaks from the fourth pass on, where nothing at all regularises", () => {
    judges("data/no-regularisation", [
      ["num_train_epochs: 3", []],
      ["num_train_epochs: 4", ["hint"]],
      ["num_train_epochs: 4\nmax_steps: 100", []],
      ["num_train_epochs: 4\nweight_decay: 0.01", []],
      ["num_train_epochs: 4\nuse_peft: true", []],
      ["num_train_epochs: 4\nload_best_model_at_end: true", []],
      ["num_train_epochs: 4\nlabel_smoothing_factor: 0.1", []],
    ]);
  });
});
