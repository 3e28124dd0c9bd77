import { judges } from "../severities.ts";

describe("optimizer/no-clipping", () => {
  it("speaks of no clipping, and of norms that gradients rarely exceed", () => {
    judges("optimizer/no-clipping", [
      ["max_grad_norm: 0", ["information"]],
      ["max_grad_norm: 0.0", ["information"]],
      ["max_grad_norm: 0.3", []],
      ["max_grad_norm: 1.0", []],
      ["max_grad_norm: 1.5", ["hint"]],
    ]);
  });
});
