import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";
import { applyEdits } from "../../edits.ts";
import { severitiesOf, trlWith } from "../severities.ts";

/** A config with an optimizer and a rate of its own. */
const run = (optimizer: string, rate: string) =>
  trlWith(`optim: ${optimizer}`).replace("learning_rate: 1.0e-5", `learning_rate: ${rate}`);

function says(
  rule: string,
  rows: readonly (readonly [optimizer: string, rate: string, severities: readonly string[]])[],
) {
  for (const [optimizer, rate, expected] of rows) {
    assert.deepEqual(severitiesOf(rule, run(optimizer, rate)), expected, `${optimizer}, ${rate}`);
  }
}

describe("a rate for AdamW", () => {
  it("is too high for Lion from AdamW's usual one on, 2e-5 for all weights of 7B", () => {
    says("lr/lion-scale", [
      ["lion_32bit", "2.0e-5", ["warning"]],
      ["lion_32bit", "1.9e-5", []],
      ["paged_lion_8bit", "2.0e-5", ["warning"]],
      ["adamw_torch", "2.0e-5", []],
      ["stallion", "2.0e-5", []],
    ]);
  });

  it("is what Lion takes 3 to 10 times less of", () => {
    const [finding] = analysisOf(run("lion_32bit", "3.0e-5")).findings.filter(({ rule }) => rule === "lr/lion-scale");
    assert.match(finding?.message ?? "", /which is 2e-6 to 6\.67e-6 for full fine-tuning/);
  });

  it("is too low for SGD below 1e-4", () => {
    says("lr/sgd-scale", [
      ["sgd", "9.9e-5", ["warning"]],
      ["sgd", "1.0e-4", []],
      ["torch.optim.SGD", "1.0e-5", ["warning"]],
      ["sgdw", "1.0e-5", []],
      ["asgd", "1.0e-5", []],
    ]);
  });

  it("is too low for Prodigy and D-Adaptation below 0.1", () => {
    says("lr/prodigy-scale", [
      ["prodigy", "0.099", ["warning"]],
      ["prodigy", "0.1", []],
      ["d_adapt_adam", "1.0e-4", ["warning"]],
      ["adamw_torch", "1.0e-4", []],
    ]);
  });
});

describe("lr/relative-step", () => {
  const automodel = (
    optimizer: string,
    ...lines: readonly string[]
  ) => `recipe: TrainFinetuneRecipeForNextTokenPrediction
step_scheduler: { global_batch_size: 64, local_batch_size: 8, num_epochs: 2 }
model:
  _target_: nemo_automodel.NeMoAutoModelForCausalLM.from_pretrained
  pretrained_model_name_or_path: meta-llama/Llama-3.2-1B
optimizer:
  _target_: ${optimizer}
  lr: 1.0e-4
${lines.map((line) => `  ${line}\n`).join("")}`;
  const adafactor = "transformers.optimization.Adafactor";

  it("is on by default in transformers' class alone, and off where Trainer builds it", () => {
    const rule = "lr/relative-step";
    assert.deepEqual(severitiesOf(rule, automodel(adafactor)), ["error"]);
    assert.deepEqual(severitiesOf(rule, automodel(adafactor, "relative_step: false")), []);
    assert.deepEqual(severitiesOf(rule, automodel("torch.optim.Adafactor")), []);
    assert.deepEqual(severitiesOf(rule, automodel("torch.optim.AdamW", "relative_step: true")), []);
    assert.deepEqual(severitiesOf(rule, run("adafactor", "1.0e-4")), []);
  });

  it("stands at the switch where there is one, and shows the rate; else at the rate", () => {
    const found = (text: string) => analysisOf(text).findings.find(({ rule }) => rule === "lr/relative-step");
    const on = found(automodel(adafactor, "relative_step: true"));
    assert.equal(on?.range.start.line, 8);
    assert.deepEqual(
      on.related.map(({ range }) => range.start.line),
      [7],
    );
    const byDefault = found(automodel(adafactor));
    assert.equal(byDefault?.range.start.line, 7);
    assert.deepEqual(byDefault.related, []);
    const [fix] = byDefault.fixes;
    assert.equal(fix?.preferred, true);
    assert.equal(applyEdits(automodel(adafactor), fix.edits), automodel(adafactor, "relative_step: false"));
  });
});

describe("lr/small-batch", () => {
  const batch = (rate: string, size: number) =>
    trlWith("").replace("1.0e-5", rate).replace("batch_size: 1", `batch_size: ${size}`);

  it("speaks of one or two sequences at the upper edge, 5e-5 for all weights of 7B", () => {
    const said = (rate: string, size: number) => severitiesOf("lr/small-batch", batch(rate, size), { gpus: 1 });
    assert.deepEqual(said("5.0e-5", 1), ["hint"]);
    const message = (size: number) =>
      analysisOf(batch("5.0e-5", size), { gpus: 1 }).findings.find(({ rule }) => rule === "lr/small-batch")?.message;
    assert.match(message(1) ?? "", /an update sees 1 sequence:/);
    assert.match(message(2) ?? "", /an update sees 2 sequences:/);
    assert.deepEqual(said("5.0e-5", 2), ["hint"]);
    assert.deepEqual(said("5.0e-5", 3), []);
    assert.deepEqual(said("4.9e-5", 1), []);
  });

  it("is silent while nobody says how many GPUs there are", () => {
    assert.deepEqual(severitiesOf("lr/small-batch", batch("5.0e-5", 1)), []);
  });
});

describe("lr/too-low", () => {
  it("is below 5e-7 for all weights of 7B and below 1e-5 for adapters, which are told that they bear more", () => {
    for (const [rate, more, expected] of [
      ["4.9e-7", "", ["hint"]],
      ["5.0e-7", "", []],
      ["9.9e-6", "use_peft: true\nlora_r: 16", ["hint"]],
      ["1.0e-5", "use_peft: true\nlora_r: 16", []],
      ["4.9e-7", "optim: lion_32bit", []],
    ] as const) {
      const { findings } = analysisOf(trlWith(more).replace("1.0e-5", rate));
      const found = findings.filter(({ rule }) => rule === "lr/too-low");
      assert.deepEqual(
        found.map(({ severity }) => severity),
        expected,
        `${rate} ${more}`,
      );
      for (const { message } of found) assert.equal(/Adapters bear/.test(message), more !== "");
    }
  });
});
