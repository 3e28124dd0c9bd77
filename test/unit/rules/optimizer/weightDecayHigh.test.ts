import { judges } from "../severities.ts";

describe("optimizer/weight-decay-high", () => {
  it("hints above what shipped configs have and warns above three times that; Lion may have ten times more", () => {
    judges("optimizer/weight-decay-high", [
      ["weight_decay: 0.1", []],
      ["weight_decay: 0.11", ["hint"]],
      ["weight_decay: 0.3", ["hint"]],
      ["weight_decay: 0.31", ["warning"]],
      ["optim: lion_32bit\nweight_decay: 1.0", []],
      ["optim: lion_32bit\nweight_decay: 1.1", ["hint"]],
      ["optim: lion_32bit\nweight_decay: 3.1", ["warning"]],
      ["optim: sgd\nweight_decay: 0.5", []],
      ["weight_decay: ${DECAY}", []],
      ["", []],
      ["optim: galore_adamw\nweight_decay: 0.5", []],
    ]);
  });
});
