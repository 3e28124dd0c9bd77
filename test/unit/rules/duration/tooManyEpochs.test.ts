import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";

const llamaFactory = (stage: string, method: string, epochs: number, rest = "") =>
  `model_name_or_path: meta-llama/Meta-Llama-3-8B\nstage: ${stage}\nfinetuning_type: ${method}\nlearning_rate: 1.0e-6\nnum_train_epochs: ${epochs}\n${rest}`;

const said = (text: string) =>
  analysisOf(text).findings.flatMap(({ rule, severity }) => (rule === "duration/too-many-epochs" ? [severity] : []));

describe("duration/too-many-epochs", () => {
  for (const [stage, method, epochs, expected] of [
    ["sft", "full", 3, []],
    ["sft", "full", 3.5, ["hint"]],
    ["sft", "full", 5, ["hint"]],
    ["sft", "full", 6, ["warning"]],
    ["sft", "lora", 10, []],
    ["sft", "lora", 11, ["warning"]],
    ["dpo", "full", 3, []],
    ["dpo", "full", 4, ["warning"]],
    ["dpo", "lora", 5, []],
    ["ppo", "full", 20, []],
    ["pt", "full", 20, []],
    ["sft", "freeze", 20, []],
  ] as const) {
    it(`says ${expected[0] ?? "nothing"} of ${epochs} epochs of ${stage}, ${method}`, () => {
      assert.deepEqual(said(llamaFactory(stage, method, epochs)), expected);
    });
  }

  it("says nothing where a number of updates ends the run before", () => {
    assert.deepEqual(said(llamaFactory("sft", "full", 20, "max_steps: 100\n")), []);
  });

  it("says nothing of the epochs that are the framework's default", () => {
    assert.deepEqual(said(llamaFactory("dpo", "full", 4).replace(/num_train_epochs.*\n/, "")), []);
  });
});
