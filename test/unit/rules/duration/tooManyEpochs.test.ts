import assert from "node:assert/strict";
import type { AnalyzeOptions } from "../../../../src/core/analyze.ts";
import { analysisOf } from "../../analysis.ts";

const llamaFactory = (stage: string, method: string, epochs: number, rest = "") =>
  `model_name_or_path: meta-llama/Meta-Llama-3-8B\nstage: ${stage}\nfinetuning_type: ${method}\nlearning_rate: 1.0e-6\nnum_train_epochs: ${epochs}\n${rest}`;

const said = (text: string, options: Partial<AnalyzeOptions> = {}) =>
  analysisOf(text, options).findings.flatMap(({ rule, severity }) =>
    rule === "duration/too-many-epochs" ? [severity] : [],
  );

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
    const text = llamaFactory("sft", "full", 20, "max_steps: 10000\n");
    assert.deepEqual(said(text), []);
    assert.deepEqual(said(text, { samples: 100, gpus: 1 }), []);
  });

  it("takes QLoRA for LoRA", () => {
    assert.deepEqual(said(llamaFactory("sft", "lora", 11, "quantization_bit: 4\n")), ["warning"]);
  });

  it("says nothing of the epochs that are the framework's default", () => {
    assert.deepEqual(said(llamaFactory("dpo", "full", 4).replace(/num_train_epochs.*\n/, "")), []);
  });

  it("offers the epochs that are usual: 3, and 1 for preferences", () => {
    for (const [stage, method, usual] of [
      ["sft", "full", 3],
      ["sft", "lora", 3],
      ["dpo", "full", 1],
    ] as const) {
      const { findings } = analysisOf(llamaFactory(stage, method, 20));
      const fixes = findings.find(({ rule }) => rule === "duration/too-many-epochs")?.fixes;
      assert.deepEqual(
        fixes?.map(({ title, preferred }) => [title, preferred]),
        [[`Set num_train_epochs to ${usual}`, true]],
      );
    }
  });

  it("counts the passes up to the number of updates where the first of both ends the run", () => {
    const automodel = (updates: number) => `recipe: TrainFinetuneRecipeForNextTokenPrediction
step_scheduler: { global_batch_size: 1, local_batch_size: 1, num_epochs: 20, max_steps: ${updates} }
model: { pretrained_model_name_or_path: meta-llama/Llama-3.1-8B }
optimizer: { _target_: torch.optim.AdamW, lr: 1.0e-5 }
`;
    const passes = (updates: number, options = {}) =>
      analysisOf(automodel(updates), options).findings.flatMap(({ rule, message }) =>
        rule === "duration/too-many-epochs" ? [/^\d+/.exec(message)?.[0]] : [],
      );
    assert.deepEqual(passes(1000, { samples: 100, gpus: 1 }), ["10"]);
    assert.deepEqual(passes(5000, { samples: 100, gpus: 1 }), ["20"]);
    assert.deepEqual(passes(300, { samples: 100, gpus: 1 }), []);
    assert.deepEqual(passes(1000), []);
  });
});
