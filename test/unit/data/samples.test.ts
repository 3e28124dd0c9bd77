import assert from "node:assert/strict";
import { analysisOf } from "../analysis.ts";
import { linkedFile } from "../dialects/reading.ts";

const axolotl = `base_model: meta-llama/Llama-2-7b-hf
datasets:
  - path: data/chat.jsonl
    type: chat_template
  - path: json
    data_files: [data/a.json, data/b.csv]
val_set_size: 0.05
micro_batch_size: 2
gradient_accumulation_steps: 4
num_epochs: 3
learning_rate: 2e-5
`;
const counts = new Map<string, number | null>([
  ["data/chat.jsonl", 1000],
  ["data/a.json", 300],
  ["data/b.csv", 50],
]);

describe("the samples of a run", () => {
  it("are counted in the files that the config names, without what is held out", () => {
    const { samples, updatesPerEpoch, totalSteps } = analysisOf(axolotl, { sampleCounts: counts }).length;
    // 1350 samples, ⌈67.5⌉ = 68 held out, 1282 left; ⌈1282/2⌉ = 641 batches, ⌈641/4⌉ = 161 updates; ⌈3·1282/8⌉ = 481 in all.
    assert.equal(samples.value, 1282);
    assert.equal(samples.origin, "linked");
    assert.match(
      samples.note ?? "",
      /^counted in data\/chat\.jsonl, data\/a\.json, data\/b\.csv, without 68 held out$/,
    );
    assert.equal(updatesPerEpoch, 161);
    assert.equal(totalSteps, 481);
  });

  it("are those that the user says before all", () => {
    const { samples } = analysisOf(axolotl, { sampleCounts: counts, samples: 42 }).length;
    assert.deepEqual([samples.value, samples.origin, samples.note], [42, "assumed", "as you said"]);
  });

  it("lose a number of samples where a number is held out", () => {
    const text = axolotl.replace("0.05", "150");
    assert.equal(analysisOf(text, { sampleCounts: counts }).length.samples.value, 1200);
  });

  for (const [why, text, known] of [
    [
      /^the samples of data\/b\.csv have not been counted$/,
      axolotl,
      [
        ["data/chat.jsonl", 1],
        ["data/a.json", 1],
      ],
    ],
    [
      /^the samples of tatsu-lab\/alpaca cannot be counted here$/,
      axolotl.replace("data/chat.jsonl", "tatsu-lab/alpaca"),
      [["tatsu-lab/alpaca", null]],
    ],
    [/^packing joins samples by their lengths/, `${axolotl}sample_packing: true\n`, [...counts]],
    [
      /^how many samples are in train\[:10%\] is not known$/,
      axolotl.replace("type: chat_template", "split: train[:10%]"),
      [...counts],
    ],
  ] as const) {
    it(`are unknown, with the reason: ${why.source.replaceAll("\\", "")}`, () => {
      const { samples, totalSteps } = analysisOf(text, { sampleCounts: new Map(known) }).length;
      assert.equal(samples.value, undefined);
      assert.match(samples.note ?? "", why);
      assert.equal(totalSteps, undefined);
    });
  }

  it("are found through LLaMA-Factory's registry, each data set up to max_samples", () => {
    const text = `model_name_or_path: meta-llama/Meta-Llama-3-8B
stage: sft
finetuning_type: lora
dataset: mine,identity
dataset_dir: my_data
max_samples: 500
per_device_train_batch_size: 2
learning_rate: 1e-4
`;
    const registry = linkedFile(
      "file:///llm/my_data/dataset_info.json",
      '{ "mine": { "file_name": "mine/train.json" }, "identity": { "file_name": "identity.json" } }',
    );
    const linked = new Map([["my_data/dataset_info.json", registry]]);
    const sampleCounts = new Map([
      ["my_data/mine/train.json", 2000],
      ["my_data/identity.json", 91],
    ]);
    assert.equal(analysisOf(text, { linked, sampleCounts }).length.samples.value, 591);
  });

  it("of Hugging Face's language modelling scripts are joined to blocks, so that their number says nothing", () => {
    const text = '{ "model_name_or_path": "gpt2", "train_file": "a.txt", "block_size": 512, "learning_rate": 5e-5 }';
    const { samples } = analysisOf(text, { format: "json", sampleCounts: new Map([["a.txt", 10]]) }).length;
    assert.match(samples.note ?? "", /packing/);
  });
});
