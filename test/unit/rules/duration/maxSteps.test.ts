import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";
import { judges, severitiesOf, trlWith } from "../severities.ts";

describe("duration/max-steps-wins", () => {
  const rule = "duration/max-steps-wins";

  it("speaks where both are there, and the number of updates is one", () => {
    judges(rule, [
      ["num_train_epochs: 3\nmax_steps: 100", ["information"]],
      ["num_train_epochs: 3\nmax_steps: -1", []],
      ["num_train_epochs: 3", []],
      ["max_steps: 100", []],
    ]);
  });

  it("is silent of no epochs, and of those that say how often axolotl saves", () => {
    judges(rule, [["num_train_epochs: 0\nmax_steps: 100", []]]);
    const axolotl = "base_model: Qwen/Qwen2.5-0.5B\nmicro_batch_size: 1\nlearning_rate: 1.0e-5\nmax_steps: 100\n";
    assert.deepEqual(severitiesOf(rule, `${axolotl}num_epochs: 3\n`), ["information"]);
    assert.deepEqual(severitiesOf(rule, `${axolotl}num_epochs: 3\nsaves_per_epoch: 2\n`), []);
    assert.deepEqual(severitiesOf(rule, `${axolotl}num_epochs: 3\nevals_per_epoch: 0\n`), ["information"]);
    assert.deepEqual(severitiesOf(rule, `${axolotl}num_epochs: 1\nsaves_per_epoch: 2\n`), ["information"]);
  });

  it("is silent where the first of both ends the run", () => {
    const torchtune = `model: { _component_: torchtune.models.llama2.llama2_7b }
optimizer: { _component_: torch.optim.AdamW, lr: 2.0e-5 }
batch_size: 2
epochs: 3
max_steps_per_epoch: 100
`;
    assert.deepEqual(severitiesOf(rule, torchtune), []);
  });

  it("tells how many epochs that is where the samples are known, and takes the epochs away", () => {
    const text = trlWith("num_train_epochs: 3\nmax_steps: 100");
    const message = (samples?: number) => {
      const known = samples === undefined ? {} : { samples, gpus: 1 };
      return analysisOf(text, known).findings.find((finding) => finding.rule === rule)?.message;
    };
    assert.equal(message(50), "max_steps ends the run after 100 updates or 2 epochs; num_train_epochs has no effect.");
    assert.equal(message(), "max_steps ends the run after 100 updates; num_train_epochs has no effect.");
    const found = analysisOf(text).findings.find((finding) => finding.rule === rule);
    assert.equal(found?.tag, "unused");
    assert.equal(found.related[0]?.range.start.line, 6);
    assert.deepEqual(
      found.fixes.map(({ title, keepsExperiment }) => [title, keepsExperiment]),
      [["Remove num_train_epochs", true]],
    );
  });
});

describe("duration/endless", () => {
  const rule = "duration/endless";
  const factory = (...lines: readonly string[]) =>
    ["model_name_or_path: Qwen/Qwen2.5-0.5B", "stage: sft", "learning_rate: 1.0e-5", ...lines].join("\n");
  const axolotl = (...lines: readonly string[]) =>
    ["base_model: Qwen/Qwen2.5-0.5B", "micro_batch_size: 1", "learning_rate: 1.0e-5", ...lines].join("\n");

  it("speaks of a stream without a number of updates", () => {
    assert.deepEqual(severitiesOf(rule, factory("streaming: true")), ["error"]);
    assert.deepEqual(severitiesOf(rule, factory("streaming: true", "max_steps: 100")), []);
    assert.deepEqual(severitiesOf(rule, factory("streaming: false")), []);
    assert.deepEqual(severitiesOf(rule, factory()), []);
  });

  it("switches a flag off, and leaves axolotl's list of data alone", () => {
    const titles = (text: string) =>
      analysisOf(text)
        .findings.filter((finding) => finding.rule === rule)
        .flatMap(({ fixes }) => fixes.map(({ title }) => title));
    assert.deepEqual(titles(factory("streaming: true")), ["Set streaming to false"]);
    const list = axolotl("pretraining_dataset: [{ path: HuggingFaceFW/fineweb-edu }]");
    assert.deepEqual(severitiesOf(rule, list), ["error"]);
    assert.deepEqual(titles(list), []);
    assert.deepEqual(titles(axolotl("pretraining_dataset: HuggingFaceFW/fineweb-edu")), []);
  });
});
