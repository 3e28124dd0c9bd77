import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";

/** What the rule says of a text: each value that it finds, with the severity. */
function textsIn(text: string, format: "yaml" | "json" = "yaml"): readonly string[] {
  const { findings, document } = analysisOf(text, { format });
  const lines = document.text.split("\n");
  return findings
    .filter(({ rule }) => rule === "keys/number-as-text")
    .map(({ severity, range: { start, end } }) => {
      return `${severity} ${lines[start.line]?.slice(start.character, end.character)}`;
    });
}

const nanotron = (rate: string) => `
parallelism: { dp: 1, pp: 1, tp: 1 }
tokens: { sequence_length: 2048, train_steps: 100, micro_batch_size: 2, batch_accumulation_per_replica: 1 }
optimizer:
  learning_rate_scheduler: { learning_rate: ${rate}, min_decay_lr: 1.0e-5 }
`;
const trl = (...lines: readonly string[]) =>
  ["model_name_or_path: Qwen/Qwen2.5-0.5B", "max_length: 1024", ...lines].join("\n");
const trainer = (rate: string) =>
  `model_name_or_path: Qwen/Qwen2.5-0.5B\nlearning_rate: ${rate}\nnum_train_epochs: 1\n`;

describe("keys/number-as-text", () => {
  it("writes no number that is beyond all that a computer holds", () => {
    const finding = analysisOf(nanotron("1e309")).findings.find(({ rule }) => rule === "keys/number-as-text");
    assert.deepEqual(finding?.fixes, []);
  });

  it("says what reads the number as text, and writes it so that all read it", () => {
    const found = (text: string) => analysisOf(text).findings.find(({ rule }) => rule === "keys/number-as-text");
    const surely = found(nanotron("1e-4"));
    assert.match(
      surely?.message ?? "",
      /^PyYAML takes 1e-4 for text, .* and nanotron leaves it at that: the run stops\.$/,
    );
    assert.deepEqual(
      surely?.fixes.map(({ title, preferred, keepsExperiment }) => [title, preferred, keepsExperiment]),
      [["Write learning_rate as 1.0e-4", true, true]],
    );
    assert.match(
      found(trainer('"1e-4"'))?.message ?? "",
      /^"1e-4" is text: a script that does not convert it stops\.$/,
    );
  });

  // By yaml.safe_load of PyYAML 6.0.3.
  for (const text of ["1e-4", "2e-5", "1E-5", "5e12", "1.0e5", "2.5e4"]) {
    it(`knows that PyYAML reads ${text} as text`, () => {
      assert.deepEqual(textsIn(nanotron(text)), [`error ${text}`]);
    });
  }
  for (const number of ["1.0e-4", "1.e-4", ".5e-4", "1.0e+5", "6.0E-5", "0.0001", "500_000", "3"]) {
    it(`knows that PyYAML reads ${number} as a number`, () => {
      assert.deepEqual(textsIn(nanotron(number)), []);
    });
  }

  it("tells keys that TRL converts from those in mappings, and floats from counts", () => {
    const config = trl("learning_rate: 2e-5", 'weight_decay: "0.1"', "lr_scheduler_kwargs: { min_lr: 1e-6 }");
    assert.deepEqual(textsIn(config), ["error 1e-6"]);
    assert.deepEqual(textsIn(trl("learning_rate: 2e-5", "max_steps: 1e4")), ["error 1e4"]);
  });

  it("only remarks on scripts of one's own, which may convert the text, and on no number of JSON", () => {
    assert.deepEqual(textsIn(trainer("2e-5")), ["information 2e-5"]);
    const json = (rate: string) => `{ "model_name_or_path": "Qwen/Qwen2.5-0.5B", "learning_rate": ${rate} }`;
    assert.deepEqual(textsIn(json("2e-5"), "json"), []);
    assert.deepEqual(textsIn(json('"2e-5"'), "json"), ['information "2e-5"']);
  });

  it("warns of open-instruct, whose parser leaves texts alone", () => {
    const config = "model_name_or_path: allenai/OLMo-2-1124-13B\nuse_slow_tokenizer: false\nlearning_rate: 6e-06\n";
    assert.deepEqual(textsIn(config), ["warning 6e-06"]);
  });

  it("leaves alone what OmegaConf and Pydantic read as numbers, and words", () => {
    const lora = "finetuning_type: lora\nstage: sft\nmodel_name_or_path: Qwen/Qwen2.5-0.5B\nlearning_rate: 1e-4\n";
    assert.deepEqual(textsIn(lora), []);
    const axolotl = "base_model: Qwen/Qwen2.5-0.5B\nmicro_batch_size: 1\nlearning_rate: 1e-4\nwandb_name: 1e5\n";
    assert.deepEqual(textsIn(axolotl), []);
  });

  it("finds numbers in quotes that torch's optimizers, data loaders and mlx get as they are", () => {
    const torchtune = (rate: string) => `model: { _component_: torchtune.models.llama3_2.llama3_2_1b }
optimizer: { _component_: torch.optim.AdamW, lr: ${rate} }
batch_size: "2"
log_every_n_steps: "1"
`;
    assert.deepEqual(textsIn(torchtune("'2e-5'")), ["error '2e-5'", 'error "2"']);
    assert.deepEqual(textsIn(torchtune("2e-5")), ['error "2"']);
    const foundry = (rate: string) => `train_loader: { name: finetuning }
model: { name: hf_causal_lm, pretrained_model_name_or_path: gpt2 }
optimizer: { name: decoupled_adamw, lr: ${rate} }
global_train_batch_size: "16"
`;
    assert.deepEqual(textsIn(foundry('"1e-4"')), ['error "1e-4"']);
    assert.deepEqual(textsIn(foundry("1e-4")), []);
    const mlx = (rate: string) => `model: Qwen/Qwen2.5-0.5B\nfine_tune_type: lora\nlearning_rate: ${rate}\n`;
    assert.deepEqual(textsIn(mlx('"1e-5"')), ['error "1e-5"']);
    assert.deepEqual(textsIn(mlx("1e-5")), []);
  });

  it("finds numbers in quotes in a DeepSpeed configuration, but not what is left to the training arguments", () => {
    const deepspeed = (rate: string) =>
      `{ "train_micro_batch_size_per_gpu": "auto", "optimizer": { "type": "AdamW", "params": { "lr": ${rate} } } }`;
    assert.deepEqual(textsIn(deepspeed('"3e-5"'), "json"), ['error "3e-5"']);
    assert.deepEqual(textsIn(deepspeed('"auto"'), "json"), []);
  });
});
