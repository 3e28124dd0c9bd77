import assert from "node:assert/strict";
import type { AnalyzeOptions } from "../../../../src/core/analyze.ts";
import { findGpu } from "../../../../src/core/gpus/catalogue.ts";
import { analysisOf } from "../../analysis.ts";

const config = (type: string, model = "TinyLlama/TinyLlama-1.1B-Chat-v1.0") => `model_name_or_path: ${model}
dtype: float16
fp16: ${type === "fp16"}
bf16: ${type === "bf16"}
use_peft: true
load_in_4bit: true
gradient_checkpointing: true
packing: true
max_length: 4096
per_device_train_batch_size: 1
learning_rate: 2.0e-4
`;

const messages = (text: string, options: Partial<AnalyzeOptions> = {}) =>
  analysisOf(text, options)
    .findings.filter(({ rule }) => rule === "memory/no-attention-kernel")
    .map(({ message }) => message);

const on = (name: string) => ({ target: { gpu: findGpu(name) ?? assert.fail(name), count: 1 } });

describe("memory/no-attention-kernel", () => {
  it("names a GPU without flash attention, and what its scores take at the softmax", () => {
    const [message = ""] = messages(config("fp16"), on("t4"));
    const [, said = ""] =
      /^Tesla T4 has no attention kernel .* kept, ([\d.]+) GiB more than before\.$/.exec(message) ?? [];
    // The softmax, its gradient, their product and the gradient of the scores: 32 heads of 4,096 × 4,096 in float32, 2 GiB each, of which
    // torch's cache has a share more.
    assert.ok(Number(said) > 8 && Number(said) < 8 * 1.15, message);
  });

  it("is silent on newer GPUs, where none is chosen, and in releases that repeat the keys", () => {
    assert.deepEqual(messages(config("fp16"), on("a100-80gb")), []);
    assert.deepEqual(messages(config("fp16")), []);
    assert.deepEqual(messages(config("fp16"), { ...on("t4"), versions: { transformers: "4.53.3" } }), []);
  });

  it("speaks of float32 where nothing computes in 16 bits, wherever it runs", () => {
    const text = config("none").replace("float16", "float32").replace("load_in_4bit: true\n", "");
    assert.match(messages(text)[0] ?? "", /^In float32 torch has no attention kernel/);
    assert.deepEqual(messages(text.replace("packing: true", "packing: true\nattn_implementation: eager")), []);
  });

  it("is silent about models with as many keys as queries", () => {
    assert.deepEqual(messages(config("fp16", "HuggingFaceTB/SmolLM2-1.7B"), on("t4")), []);
  });

  it("is silent while the length of the sequences is assumed", () => {
    assert.deepEqual(messages(config("fp16").replace("max_length: 4096\n", "pad_to_max_length: true\n"), on("t4")), []);
  });
});
