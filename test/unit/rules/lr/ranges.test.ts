import assert from "node:assert/strict";
import { isAdamW, learningRateRange } from "../../../../src/core/rules/lr/ranges.ts";
import { analysisOf } from "../../analysis.ts";

const planOf = (method: string) =>
  analysisOf(`model_name_or_path: nobody/knows\nstage: sft\nfinetuning_type: ${method}\nlearning_rate: 1e-5\n`).plan;

describe("the ranges of learning rates", () => {
  // The table of docs/rules/lr.md.
  for (const [method, parameters, usual] of [
    ["full", 0.999e9, 5e-5],
    ["full", 1e9, 2e-5],
    ["full", 15.9e9, 2e-5],
    ["full", 16e9, 1e-5],
    ["full", 40e9, 5e-6],
    ["lora", 1.99e9, 3e-4],
    ["lora", 2e9, 2e-4],
    ["lora", 16e9, 1e-4],
  ] as const) {
    it(`have ${usual} for ${parameters / 1e9} billion parameters, ${method}`, () => {
      const model = { kind: "size", id: "own", parameters: { total: parameters }, source: "name" } as const;
      assert.equal(learningRateRange(planOf(method), model)?.usual, usual);
    });
  }

  it("are those of AdamW, by all of its names and none of its relatives'", () => {
    for (const name of ["adamw_torch_fused", "torch.optim.AdamW", "adamw_bnb_8bit", "paged_adamw_32bit", "Adam"]) {
      assert.ok(isAdamW(name), name);
    }
    const relatives = ["galore_adamw", "apollo_adamw", "adamax", "torch.optim.NAdam", "radam", "adam_mini", "AdamMini"];
    const scheduleFree = ["schedule_free_adamw", "schedulefree.AdamWScheduleFree", "dadaptation.DAdaptAdam"];
    for (const name of [...relatives, ...scheduleFree, "d_adapt_adam", "lion_32bit"]) assert.ok(!isAdamW(name), name);
  });
});
