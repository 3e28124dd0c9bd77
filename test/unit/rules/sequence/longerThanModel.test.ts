import assert from "node:assert/strict";
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
});
