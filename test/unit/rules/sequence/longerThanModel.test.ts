import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";
import { severitiesOf } from "../severities.ts";

describe("sequence/longer-than-model", () => {
  it("is an error where packed sequences run out of positions, and the milder the less is sure", () => {
    const run = (model: string, more: string) => `model_name_or_path: ${model}
max_length: 2048
per_device_train_batch_size: 1
learning_rate: 1.0e-5
${more}`;
    const rule = "sequence/longer-than-model";
    // Learned positions end; rotary ones go on.
    assert.deepEqual(severitiesOf(rule, run("openai-community/gpt2", "packing: true\n")), ["error"]);
    assert.deepEqual(severitiesOf(rule, run("openai-community/gpt2", "packing: false\n")), ["warning"]);
    assert.deepEqual(severitiesOf(rule, run("EleutherAI/pythia-14m", "packing: true\n")), ["warning"]);
    assert.deepEqual(severitiesOf(rule, run("EleutherAI/pythia-14m", "packing: false\n")), ["information"]);
    assert.deepEqual(severitiesOf(rule, run("meta-llama/Llama-2-7b-hf", "packing: true\n")), []);
    // Unsloth stretches the positions by itself.
    const unsloth = `model: unsloth/tinyllama
training: {training_type: lora, max_seq_length: 4096, learning_rate: 0.0002, batch_size: 2}
lora: {lora_r: 16}
`;
    assert.deepEqual(severitiesOf(rule, unsloth), []);
    const llamaFactory = `model_name_or_path: TinyLlama/TinyLlama-1.1B-Chat-v1.0
stage: sft
cutoff_len: 4096
per_device_train_batch_size: 1
learning_rate: 1.0e-5
packing: true
`;
    assert.deepEqual(severitiesOf(rule, llamaFactory), ["warning"]);
    assert.deepEqual(severitiesOf(rule, `${llamaFactory}use_unsloth: true\n`), []);
  });

  it("begins one token behind the context, 1,024 of GPT-2's, and offers that", () => {
    const gpt2 = (length: number, more = "") =>
      `model_name_or_path: openai-community/gpt2\nmax_length: ${length}\nper_device_train_batch_size: 1\nlearning_rate: 1.0e-5\n${more}`;
    assert.deepEqual(severitiesOf("sequence/longer-than-model", gpt2(1024)), []);
    assert.deepEqual(severitiesOf("sequence/longer-than-model", gpt2(1025)), ["warning"]);
    assert.deepEqual(severitiesOf("sequence/longer-than-model", gpt2(2048, "rope_scaling: { type: linear }\n")), []);
    const found = analysisOf(gpt2(1025)).findings.find(({ rule }) => rule === "sequence/longer-than-model");
    assert.deepEqual(
      found?.fixes.map(({ title, preferred }) => [title, preferred]),
      [["Set max_length to 1,024 (the model's context)", true]],
    );
  });

  it("stops torchtune, at the first sample that is longer, or for sure where they are packed", () => {
    const torchtune = (length: number) => `model: { _component_: torchtune.models.llama2.llama2_7b }
tokenizer: { _component_: torchtune.models.llama2.llama2_tokenizer, max_seq_len: ${length} }
optimizer: { _component_: torch.optim.AdamW, lr: 2.0e-5 }
batch_size: 2
epochs: 1
`;
    assert.deepEqual(severitiesOf("sequence/longer-than-model", torchtune(4096)), []);
    assert.deepEqual(severitiesOf("sequence/longer-than-model", torchtune(4097)), ["warning"]);
    const found = analysisOf(torchtune(4097)).findings.find(({ rule }) => rule === "sequence/longer-than-model");
    assert.match(
      found?.message ?? "",
      /it has no positions beyond, and the run stops at the first sample that is longer\.$/,
    );
    const packed = `${torchtune(4097)}dataset: { _component_: torchtune.datasets.alpaca_dataset, packed: true }\n`;
    assert.deepEqual(severitiesOf("sequence/longer-than-model", packed), ["error"]);
  });
});
