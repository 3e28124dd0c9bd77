import assert from "node:assert/strict";
import { severitiesOf } from "../severities.ts";

describe("reproducibility/no-seed", () => {
  it("speaks of torchtune's null, which is a new seed for each run", () => {
    const torchtune = (seed: string) => `model: { _component_: torchtune.models.llama2.llama2_7b }
optimizer: { _component_: torch.optim.AdamW, lr: 2.0e-5 }
batch_size: 2
epochs: 1
${seed}
`;
    const axolotl = "base_model: Qwen/Qwen2.5-0.5B\nmicro_batch_size: 2\nlearning_rate: 1.0e-5\nseed: null\n";
    for (const [text, expected] of [
      [torchtune("seed: null"), ["hint"]],
      [torchtune("seed:"), ["hint"]],
      [torchtune("seed: 0"), []],
      [torchtune(""), []],
      [axolotl, []],
    ] as const)
      assert.deepEqual(severitiesOf("reproducibility/no-seed", text), expected, text);
  });
});
