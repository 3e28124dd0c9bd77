import assert from "node:assert/strict";
import { severitiesOf } from "../severities.ts";

describe("data/no-replay", () => {
  it("speaks of a single file or folder of one's own, and of no data set that is general", () => {
    const rule = "data/no-replay";
    const axolotl = (datasets: string) => `base_model: NousResearch/Llama-2-7b-hf
datasets: ${datasets}
micro_batch_size: 1
learning_rate: 0.00005
`;
    for (const [datasets, expected] of [
      ["[{path: data/cases.jsonl, type: completion}]", ["hint"]],
      ["[{path: json, data_files: cases.jsonl, type: completion}]", ["hint"]],
      ["[{path: ./cases, type: completion}]", ["hint"]],
      ["[{path: ../cases, type: completion}]", ["hint"]],
      ["[{path: /data/cases, type: completion}]", ["hint"]],
      ["[{path: ~/cases, type: completion}]", ["hint"]],
      ["[{path: cases.jsonl.gz, type: completion}]", ["hint"]],
      ["[{path: cases.parquet, type: completion}]", ["hint"]],
      ["[{path: cases.json, type: completion}]", ["hint"]],
      ["[{path: cases.CSV, type: completion}]", ["hint"]],
      ["[{path: my-org/cases, type: completion}]", []],
      ["[{path: my-org/cases.json.d, type: completion}]", []],
      ["[{path: data/sharegpt.json, type: completion}]", []],
      ["[{path: data/ultra_chat.json, type: completion}]", []],
      ["[{path: data/ultrachat_200k.json, type: completion}]", []],
      ["[{path: '${DATA}/cases.json', type: completion}]", []],
      ["[{path: tatsu-lab/alpaca, type: alpaca}]", []],
      ["[{path: data/alpaca_data.json, type: alpaca}]", []],
      ["[{path: /path/to/data.jsonl, type: alpaca}]", []],
      ["[{path: data/cases.jsonl, type: completion}, {path: tatsu-lab/alpaca, type: alpaca}]", []],
    ] as const) {
      assert.deepEqual(severitiesOf(rule, axolotl(datasets)), expected, datasets);
    }
    const preference = `${axolotl("[{path: data/pairs.jsonl}]")}rl: dpo\n`;
    assert.deepEqual(severitiesOf(rule, preference), []);
  });

  it("is silent about adapters, and about LLaMA-Factory's registry, whose names say nothing of files", () => {
    const adapters =
      "base_model: NousResearch/Llama-2-7b-hf\nadapter: lora\nlora_r: 8\ndatasets: [{path: data/cases.jsonl}]\n";
    assert.deepEqual(severitiesOf("data/no-replay", adapters), []);
    const factory = "model_name_or_path: Qwen/Qwen2.5-0.5B\nstage: sft\nfinetuning_type: full\ndataset: cases\n";
    assert.deepEqual(severitiesOf("data/no-replay", `${factory}learning_rate: 1.0e-5\n`), []);
  });
});
