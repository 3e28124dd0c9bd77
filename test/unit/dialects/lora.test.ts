import assert from "node:assert/strict";
import { peftLayersAt, peftLora, peftTargetsAt } from "../../../src/core/dialects/lora.ts";
import { reader } from "../../../src/core/dialects/reader.ts";
import { documentOf } from "./reading.ts";

const about = "A setting of PEFT's LoraConfig";
const vocabulary = {
  "peft_config.r": { about, default: 8 },
  "peft_config.lora_alpha": { about, default: 8 },
  "peft_config.lora_dropout": { about, default: 0 },
  "peft_config.target_modules": { about },
  "peft_config.layers_to_transform": { about },
  "peft_config.modules_to_save": { about, default: "" },
  "peft_config.use_rslora": { about, default: false },
  "peft_config.use_dora": { about, default: false },
} as const;

function keysOf(text: string) {
  return reader(documentOf(text), vocabulary);
}

describe("reading PEFT's LoraConfig", () => {
  it("takes all of it from its section", () => {
    const lora = peftLora(
      keysOf("peft_config:\n  r: 16\n  target_modules: [q_proj]\n  modules_to_save: lm_head\n  use_dora: true\n"),
      "peft_config",
    );
    assert.deepEqual(
      Object.entries(lora).map(([name, { value }]) => [name, value]),
      [
        ["rank", 16],
        ["alpha", 8],
        ["dropout", 0],
        ["targets", { kind: "names", names: ["q_proj"] }],
        ["modulesToSave", ["lm_head"]],
        ["rsLora", false],
        ["dora", true],
      ],
    );
  });

  it("tells names from a regular expression, and leaves the choice to PEFT without either", () => {
    const targets = (value: string) =>
      peftTargetsAt(keysOf(`peft_config:\n  target_modules: ${value}\n`), "peft_config.target_modules").value;
    assert.deepEqual(targets("all-linear"), { kind: "all" });
    assert.deepEqual(targets('".*_proj"'), { kind: "pattern", pattern: ".*_proj" });
    assert.deepEqual(targets('[".*_proj"]'), { kind: "names", names: [".*_proj"] });
    assert.deepEqual(targets("null"), { kind: "default" });
  });

  it("adapts the layers of one number or of several, and all where none is named", () => {
    const layers = (value: string) =>
      peftLayersAt(keysOf(`peft_config:\n  layers_to_transform: ${value}\n`), "peft_config.layers_to_transform").layers;
    assert.deepEqual(layers("[0, 31]")?.value, { kind: "numbers", numbers: [0, 31] });
    assert.deepEqual(layers("7")?.value, { kind: "numbers", numbers: [7] });
    assert.deepEqual(layers("[]"), undefined);
    assert.deepEqual(layers("null"), undefined);
    assert.equal(layers("[upper]")?.origin, "unknown");
  });
});
