import { judges } from "../severities.ts";

describe("preference/beta", () => {
  it("keeps to 0.01 to 1 where the loss is of sums of log-probabilities", () => {
    judges("preference/beta", [
      ["beta: 0.009", ["hint"]],
      ["beta: 0.01", []],
      ["beta: 1.0", []],
      ["beta: 1.1", ["warning"]],
      ["beta: 10\nloss_type: simpo", []],
      ["beta: 5\nloss_type: [sigmoid_norm]", []],
      ["num_generations: 8\nbeta: 0.001", []],
    ]);
  });
});
