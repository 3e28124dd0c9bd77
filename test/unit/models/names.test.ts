import assert from "node:assert/strict";
import { catalogued } from "../../../src/core/models/catalogue.ts";
import { findArchitecture, findModel, records } from "../builtIn.ts";

describe("finding a model by name", () => {
  for (const [id, ...names] of [
    [
      "meta-llama/Meta-Llama-3-8B",
      "META-LLAMA/meta-llama-3-8b",
      "NousResearch/Meta-Llama-3-8B-Instruct",
      "unsloth/llama-3-8b-bnb-4bit",
      "/models/Meta-Llama-3-8B/",
      "C:\\models\\Meta-Llama-3-8B",
      "Meta-Llama-3-8B",
      "llama3-8b",
      "llama3_8b_instruct",
      "torchtune.models.llama3.llama3_8b",
      "torchtune.models.llama3.lora_llama3_8b",
      "torchtune.models.llama3.qlora_llama3_8b",
      "nemo.collections.llm.llama3_8b",
      "https://huggingface.co/meta-llama/Meta-Llama-3-8B",
      "casperhansen/llama-3-8b-instruct-awq",
      "/tmp/Meta-Llama-3-8B-Instruct/original",
    ],
    [
      "meta-llama/Meta-Llama-3.1-8B",
      "meta-llama/Llama-3.1-8B",
      "~/.cache/huggingface/hub/models--meta-llama--Llama-3.1-8B/snapshots/d04e592bb4f6aa9cfee91e2e20afa771667e1d4b",
      "hf-cache/models--meta-llama--Llama-3.1-8B/snapshots/d04e592bb4f6aa9cfee91e2e20afa771667e1d4b/",
      "torchtune.models.llama3_1.lora_llama3_1_8b",
    ],
    [
      "meta-llama/Meta-Llama-3.1-8B-Instruct",
      "unsloth/Meta-Llama-3.1-8B-Instruct-unsloth-bnb-4bit",
      "mlx-community/Llama-3.1-8B-Instruct-4bit",
      "neuralmagic/Meta-Llama-3.1-8B-Instruct-FP8-dynamic",
      "RedHatAI/Meta-Llama-3.1-8B-Instruct-quantized.w4a16",
    ],
    [
      "meta-llama/Llama-3.2-1B",
      "./checkpoints/meta-llama/Llama-3.2-1B",
      "checkpoints/meta-llama/Llama-3.2-1B-Instruct",
    ],
    ["google/gemma-2b", "checkpoints/google/gemma-2b", "google/gemma-2b-it", "google/gemma-1.1-2b-it"],
    [
      "mistralai/Mistral-7B-v0.1",
      "mistralai/Mistral-7B-Instruct-v0.1",
      "TheBloke/Mistral-7B-v0.1-GPTQ",
      "torchtune.models.mistral.qlora_mistral_7b",
    ],
    ["Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen2.5-7B-Instruct-GPTQ-Int4", "Qwen/Qwen2.5-7B-Instruct-AWQ"],
    ["Qwen/Qwen2.5-7B", "qwen2_5-7b-instruct", "torchtune.models.qwen2_5.lora_qwen2_5_7b_instruct"],
    ["Qwen/Qwen2.5-0.5B", "torchtune.models.qwen2_5.qwen2_5_0_5b", "Qwen2.5-0.5B-Instruct"],
    ["EleutherAI/pythia-1.4b", "EleutherAI/pythia-1.4b-deduped"],
    ["Qwen/Qwen-7B", "Qwen/Qwen-7B-Chat", "qwen-7b-chat"],
    ["google/flan-t5-small", "flan-t5-small"],
    ["openai-community/gpt2", "gpt2"],
  ] as const) {
    for (const name of names) {
      it(`${name} is ${id}`, () => assert.equal(findArchitecture(name)?.id, id));
    }
  }

  it("knows Llama 1 by a folder that is only a size", () => {
    assert.equal(findArchitecture("/remote-home/share/llama_hf/7B"), findArchitecture("huggyllama/llama-7b"));
  });

  it("takes a distillation for the model that it was distilled into", () => {
    for (const [distilled, hidden, vocab, qkvBias] of [
      ["deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", 3584, 152_064, true],
      ["unsloth/DeepSeek-R1-Distill-Qwen-7B-bnb-4bit", 3584, 152_064, true],
      ["deepseek-ai/DeepSeek-R1-Distill-Llama-8B", 4096, 128_256, false],
    ] as const) {
      const found = findArchitecture(distilled);
      assert.equal(found?.hidden, hidden, distilled);
      assert.equal(found?.vocab, vocab, distilled);
      assert.equal(found?.attention.kind === "grouped" && found.attention.bias, qkvBias, distilled);
    }
  });

  it("does not guess", () => {
    for (const name of [
      "my-org/llama-of-our-own",
      "my-org/Awesome-Llama-3-8B-Merge",
      "some/Foo-Distill-Qwen-7B",
      "Qwen2-57B",
      "Mistral-7B-v9.9",
      "mistral-7b-of-ours",
      "llama",
      "flan-t5",
      "RoBERTa",
      "7B",
      "/models/8B",
      "instruct",
      "torchtune.models.llama3.llama3",
      "--",
      "",
    ]) {
      assert.equal(findArchitecture(name), undefined, name);
    }
  });

  it("tells how quantised copies are stored", () => {
    for (const [name, method, bits] of [
      ["unsloth/llama-3-8b-bnb-4bit", "bitsandbytes", 4],
      ["unsloth/Llama-3.2-1B-Instruct-unsloth-bnb-4bit", "bitsandbytes", 4],
      ["Qwen/Qwen2.5-7B-Instruct-GPTQ-Int8", "gptq", 8],
      ["Qwen/Qwen2.5-7B-Instruct-AWQ", "awq", 4],
      ["mlx-community/Llama-3.2-1B-Instruct-4bit", "mlx", 4],
      ["neuralmagic/Meta-Llama-3.1-8B-Instruct-FP8", "fp8", 8],
      ["nvidia/Llama-3.1-8B-Instruct-NVFP4", "fp4", 4],
      ["ISTA-DASLab/Meta-Llama-3-8B-Instruct-AQLM-2Bit-1x16", "aqlm", 2],
    ] as const) {
      assert.deepEqual(findModel(name)?.quantized, { method, bits }, name);
    }
    for (const name of ["meta-llama/Llama-3.2-1B", "openbmb/MiniCPM-2B-sft-bf16", "gpt2"]) {
      assert.equal(findModel(name)?.quantized, null, name);
    }
  });

  it("tells when only the text tower of a model is known", () => {
    assert.equal(findModel("microsoft/Phi-4-multimodal-instruct")?.textOnly, true);
    assert.equal(findModel("microsoft/Phi-3-mini-4k-instruct")?.textOnly, false);
  });

  it("finds every model and alias of the catalogue itself in its own shape", () => {
    for (const record of records) {
      for (const name of [record.id, ...(record.aliases ?? []), ...(record.textOf ?? []), ...(record.builders ?? [])]) {
        const found = findArchitecture(name);
        assert.deepEqual(
          [found?.hidden, found?.layers, found?.vocab],
          [record.hidden, record.layers, record.vocab],
          name,
        );
        assert.ok(found && catalogued(record).linears.length === found.linears.length, name);
      }
    }
  });
});
