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
});
