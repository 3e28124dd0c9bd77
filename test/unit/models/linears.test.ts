import assert from "node:assert/strict";
import { catalogued } from "../../../src/core/models/catalogue.ts";
import { findArchitecture, records } from "../builtIn.ts";
import linears from "./linears.json" with { type: "json" };

/** Names, weights and rank-1 LoRA of all nn.Linear and Conv1D in the text stack of transformers 5.18.0's own classes. */
const counted = new Map(
  linears.map(([id, names, weights, sides]) => [String(id), { names, weights: Number(weights), sides: Number(sides) }]),
);

describe("the linear layers", () => {
  for (const record of records.filter(({ id }) => counted.has(id))) {
    it(`of ${record.id} are those of transformers' class`, () => {
      const found = catalogued(record).linears;
      assert.deepEqual(
        {
          names: [...new Set(found.map(({ name }) => name))].sort().join(" "),
          weights: found.reduce((sum, { input, output, count }) => sum + input * output * count, 0),
          sides: found.reduce((sum, { input, output, count }) => sum + (input + output) * count, 0),
        },
        counted.get(record.id),
      );
    });
  }

  for (const [id, ...paths] of [
    [
      "google/flan-t5-small",
      "encoder.block.*.layer.0.SelfAttention.q 512→384 ×8",
      "encoder.block.*.layer.1.DenseReluDense.wi_0 512→1024 ×8",
      "decoder.block.*.layer.1.EncDecAttention.v 512→384 ×8",
      "decoder.block.*.layer.2.DenseReluDense.wo 1024→512 ×8",
    ],
    [
      "Qwen/Qwen-7B",
      "transformer.h.*.attn.c_attn 4096→12288 ×32",
      "transformer.h.*.attn.c_proj 4096→4096 ×32",
      "transformer.h.*.mlp.w1 4096→11008 ×32",
      "transformer.h.*.mlp.c_proj 11008→4096 ×32",
    ],
    [
      "THUDM/chatglm3-6b",
      "transformer.encoder.layers.*.self_attention.query_key_value 4096→4608 ×28",
      "transformer.encoder.layers.*.mlp.dense_h_to_4h 4096→27392 ×28",
    ],
    ["baichuan-inc/Baichuan2-7B-Base", "model.layers.*.self_attn.W_pack 4096→12288 ×32"],
    [
      "internlm/internlm2-7b",
      "model.layers.*.attention.wqkv 4096→6144 ×32",
      "model.layers.*.feed_forward.w2 14336→4096 ×32",
    ],
    ["microsoft/Phi-3-mini-4k-instruct", "model.layers.*.mlp.gate_up_proj 3072→16384 ×32"],
    ["google/gemma-3-4b-it", "model.language_model.layers.*.self_attn.q_proj 2560→2048 ×34"],
    ["openai-community/gpt2", "transformer.h.*.attn.c_attn 768→2304 ×12"],
    [
      "meta-llama/Llama-4-Maverick-17B-128E-Instruct",
      "language_model.model.layers.*.self_attn.q_proj 5120→5120 ×48",
      "language_model.model.layers.*.feed_forward.gate_proj 5120→16384 ×24",
      "language_model.model.layers.*.feed_forward.router 5120→128 ×24",
      "language_model.model.layers.*.feed_forward.shared_expert.down_proj 8192→5120 ×24",
    ],
  ] as const) {
    it(`of ${id} have the paths of its own code`, () => {
      const found = findArchitecture(id)?.linears.map((linear) => {
        const { path, input, output, count } = linear;
        return `${path} ${input}→${output} ×${count}`;
      });
      for (const path of paths) assert.ok(found?.includes(path), `${path} is not among ${found?.join(", ")}`);
    });
  }

  it("of a mixture of experts start where the dense blocks end: DeepSeek V3's shared experts in block 3", () => {
    const shared = findArchitecture("deepseek-ai/DeepSeek-V3")?.linears.find(({ path }) =>
      path.includes("shared_experts"),
    );
    assert.equal(shared?.first, 3);
    assert.equal(shared?.count, 58);
  });
});
