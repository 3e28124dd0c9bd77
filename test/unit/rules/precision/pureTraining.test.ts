import assert from "node:assert/strict";
import { isTorchAdam, roundsToNearest } from "../../../../src/core/rules/precision/pureTraining.ts";
import { analysisOf } from "../../analysis.ts";
import { trlWith } from "../severities.ts";

describe("AdamW with states of the type of the weights", () => {
  it("is torch's, by the names of all frameworks", () => {
    const own = ["torch.optim.AdamW", "torch.optim.Adam", "adamw", "adamw_torch", "adamw_torch_fused", "adamw_hf"];
    for (const name of own) assert.ok(isTorchAdam(name), name);
    const others = ["adamw_bnb_8bit", "adamw_torch_8bit", "torchao.optim.AdamW8bit", "optimi_adamw", "lion", "sgd", ""];
    for (const name of others) assert.ok(!isTorchAdam(name), name);
  });
});

describe("an optimizer that loses what rounding takes away", () => {
  const rounds = (optimizer: string, more = "") => roundsToNearest(analysisOf(trlWith(`optim: ${optimizer}\n${more}`)));

  it("is AdamW of torch, bitsandbytes and torchao", () => {
    for (const name of [
      "adamw_torch",
      "adamw_bnb_8bit",
      "paged_adamw_32bit",
      "adamw_8bit",
      "bitsandbytes.PagedAdamW8bit",
    ])
      assert.ok(rounds(name), name);
    for (const name of [
      "adamw_torch_8bit",
      "adamw_torch_4bit",
      "ao_adamw_4bit",
      "torchao.optim.AdamW4bit",
      "torchao.optim.Adam8bit",
      "paged_adamw",
    ])
      assert.ok(rounds(name), name);
  });

  it("is none that compensates, nor one that is told to round stochastically", () => {
    for (const name of ["optimi_adamw", "adamw_anyprecision", "lion_32bit", "adafactor"])
      assert.ok(!rounds(name), name);
    for (const option of ["bf16_stochastic_round=True", "stochastic_rounding=1", "use_kahan_summation=True"])
      assert.ok(!rounds("adamw_torch", `optim_args: ${option}`), option);
  });
});
