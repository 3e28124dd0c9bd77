import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";
import { applyEdits } from "../../edits.ts";
import { judges, severitiesOf, trlWith } from "../severities.ts";

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
      ["num_train_epochs: 4\nlabel_smoothing_factor: 0", ["hint"]],
      ["num_train_epochs: 4\nload_best_model_at_end: false", ["hint"]],
      ["num_train_epochs: 4\nneftune_noise_alpha: 5", []],
      ["num_train_epochs: 4\nneftune_noise_alpha:", ["hint"]],
      ["num_train_epochs: 4\noptim: lion_32bit", []],
      ["num_train_epochs: 4\nloss_type: [sigmoid]\nbeta: 0.1", []],
    ]);
  });

  it("is silent about models that may have dropout: GPT-2, and T5 for all its RMSNorm", () => {
    const of = (model: string) =>
      severitiesOf("data/no-regularisation", trlWith("num_train_epochs: 4").replace("meta-llama/Llama-2-7b-hf", model));
    assert.deepEqual(of("openai-community/gpt2"), []);
    assert.deepEqual(of("google/flan-t5-base"), []);
    assert.deepEqual(of("Qwen/Qwen2.5-0.5B"), ["hint"]);
  });

  it("offers a weight decay of 0.1: in place of the one that is there, or under a key of its own", () => {
    const fixed = (more: string) => {
      const text = trlWith(`num_train_epochs: 4\n${more}`);
      const { fixes } = analysisOf(text).findings.find(({ rule }) => rule === "data/no-regularisation") ?? {
        fixes: [],
      };
      return fixes.map(({ title, preferred, edits }) => [title, preferred, applyEdits(text, edits)]);
    };
    const title = "Set weight_decay to 0.1";
    assert.deepEqual(fixed("weight_decay: 0.0\n"), [
      [title, true, trlWith("num_train_epochs: 4\nweight_decay: 0.1\n")],
    ]);
    const [[, preferred, text] = []] = fixed("");
    assert.equal(preferred, true);
    assert.match(String(text), /learning_rate: 1\.0e-5\nweight_decay: 0\.1\n/);
  });
});
