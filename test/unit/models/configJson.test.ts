import assert from "node:assert/strict";
import fc from "fast-check";
import { readConfigJson } from "../../../src/core/models/configJson.ts";
import { countParameters } from "../../../src/core/models/parameters.ts";
import { answered } from "../analysis.ts";

const grouped = (
  hidden: number,
  layers: number,
  heads: number,
  kvHeads: number,
  intermediate: number,
  vocab: number,
) => ({
  hidden_size: hidden,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  num_key_value_heads: kvHeads,
  intermediate_size: intermediate,
  vocab_size: vocab,
});

/** The values of published config.json files that decide the size, and the published counts of those models. */
const published = [
  [
    "Llama 3 8B",
    8_030_261_248,
    { model_type: "llama", ...grouped(4096, 32, 32, 8, 14336, 128256), attention_bias: false },
  ],
  [
    "Mistral 7B",
    7_241_732_096,
    { model_type: "mistral", ...grouped(4096, 32, 32, 8, 14336, 32000), sliding_window: 4096 },
  ],
  [
    "Mixtral 8x7B",
    46_702_792_704,
    { model_type: "mixtral", ...grouped(4096, 32, 32, 8, 14336, 32000), num_local_experts: 8, num_experts_per_tok: 2 },
  ],
  ["Qwen 7B", 7_721_324_544, { model_type: "qwen", ...grouped(4096, 32, 32, 32, 22016, 151936), seq_length: 8192 }],
  [
    "Qwen2.5 0.5B",
    494_032_768,
    { model_type: "qwen2", ...grouped(896, 24, 14, 2, 4864, 151936), tie_word_embeddings: true },
  ],
  [
    "Qwen1.5 MoE A2.7B",
    14_315_784_192,
    {
      model_type: "qwen2_moe",
      ...grouped(2048, 24, 16, 16, 5632, 151936),
      num_experts: 60,
      num_experts_per_tok: 4,
      moe_intermediate_size: 1408,
      shared_expert_intermediate_size: 5632,
    },
  ],
  ["Qwen3 8B", 8_190_735_360, { model_type: "qwen3", ...grouped(4096, 36, 32, 8, 12288, 151936), head_dim: 128 }],
  [
    "Qwen3 30B A3B",
    30_532_122_624,
    {
      model_type: "qwen3_moe",
      ...grouped(2048, 48, 32, 4, 6144, 151936),
      head_dim: 128,
      num_experts: 128,
      num_experts_per_tok: 8,
      moe_intermediate_size: 768,
    },
  ],
  ["Gemma 2B", 2_506_172_416, { model_type: "gemma", ...grouped(2048, 18, 8, 1, 16384, 256000), head_dim: 256 }],
  ["Gemma 2 2B", 2_614_341_888, { model_type: "gemma2", ...grouped(2304, 26, 8, 4, 9216, 256000), head_dim: 256 }],
  ["Gemma 3 1B", 999_885_952, { model_type: "gemma3_text", ...grouped(1152, 26, 4, 1, 6912, 262144), head_dim: 256 }],
  [
    "the text part of Gemma 3 4B, whose file leaves most of it out",
    3_880_263_168,
    {
      model_type: "gemma3",
      text_config: {
        model_type: "gemma3_text",
        hidden_size: 2560,
        intermediate_size: 10240,
        num_hidden_layers: 34,
        vocab_size: 262208,
      },
      vision_config: { hidden_size: 1152 },
    },
  ],
  ["Phi 2", 2_779_683_840, { model_type: "phi", ...grouped(2560, 32, 32, 32, 10240, 51200) }],
  ["Phi 3 mini", 3_821_079_552, { model_type: "phi3", ...grouped(3072, 32, 32, 32, 8192, 32064) }],
  [
    "GPT-2",
    124_439_808,
    { model_type: "gpt2", n_embd: 768, n_layer: 12, n_head: 12, n_positions: 1024, vocab_size: 50257 },
  ],
  [
    "Pythia 1.4B",
    1_414_647_808,
    { model_type: "gpt_neox", ...grouped(2048, 24, 16, 16, 8192, 50304), use_parallel_residual: true },
  ],
  [
    "GPT-J 6B",
    6_050_882_784,
    { model_type: "gptj", n_embd: 4096, n_layer: 28, n_head: 16, n_positions: 2048, vocab_size: 50400, n_inner: null },
  ],
  [
    "OPT 6.7B",
    6_658_473_984,
    {
      model_type: "opt",
      hidden_size: 4096,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      ffn_dim: 16384,
      max_position_embeddings: 2048,
      vocab_size: 50272,
    },
  ],
  [
    "BLOOM 7B1",
    7_069_016_064,
    { model_type: "bloom", hidden_size: 4096, n_layer: 30, num_attention_heads: 32, vocab_size: 250880 },
  ],
  [
    "Falcon 7B",
    6_921_720_704,
    {
      model_type: "falcon",
      hidden_size: 4544,
      num_hidden_layers: 32,
      num_attention_heads: 71,
      vocab_size: 65024,
      multi_query: true,
      parallel_attn: true,
    },
  ],
  [
    "MPT 7B",
    6_649_286_656,
    {
      model_type: "mpt",
      d_model: 4096,
      n_layers: 32,
      n_heads: 32,
      expansion_ratio: 4,
      vocab_size: 50432,
      max_seq_len: 2048,
    },
  ],
  [
    "StarCoder2 3B",
    3_030_371_328,
    { model_type: "starcoder2", ...grouped(3072, 30, 24, 2, 12288, 49152), use_bias: true },
  ],
  [
    "StableLM 3B",
    2_795_443_200,
    { model_type: "stablelm", ...grouped(2560, 32, 32, 32, 6912, 50304), use_qkv_bias: false },
  ],
  ["OLMo 2 7B", 7_298_617_344, { model_type: "olmo2", ...grouped(4096, 32, 32, 32, 11008, 100352) }],
  ["Command R", 34_980_831_232, { model_type: "cohere", ...grouped(8192, 40, 64, 64, 22528, 256000) }],
  [
    "DeepSeek V2 Lite",
    15_706_484_224,
    {
      model_type: "deepseek_v2",
      ...grouped(2048, 27, 16, 16, 10944, 102400),
      q_lora_rank: null,
      kv_lora_rank: 512,
      qk_nope_head_dim: 128,
      qk_rope_head_dim: 64,
      v_head_dim: 128,
      n_routed_experts: 64,
      n_shared_experts: 2,
      num_experts_per_tok: 6,
      moe_intermediate_size: 1408,
      first_k_dense_replace: 1,
    },
  ],
  [
    "ChatGLM3 6B",
    6_243_584_000,
    {
      model_type: "chatglm",
      hidden_size: 4096,
      num_layers: 28,
      num_attention_heads: 32,
      multi_query_group_num: 2,
      kv_channels: 128,
      ffn_hidden_size: 13696,
      padded_vocab_size: 65024,
      add_qkv_bias: true,
    },
  ],
  // Without `bias` it is on: 32 × (4096 + 2 × 1024 + 4096) more.
  ["InternLM2 7B with biases", 7_738_036_224, { model_type: "internlm2", ...grouped(4096, 32, 32, 8, 14336, 92544) }],
  ["InternLM2 7B", 7_737_708_544, { model_type: "internlm2", ...grouped(4096, 32, 32, 8, 14336, 92544), bias: false }],
  ["SmolLM3 3B", 3_075_098_624, { model_type: "smollm3", ...grouped(2048, 36, 16, 4, 11008, 128256) }],
  [
    "BERT base, with the head for masked words",
    109_514_298,
    { model_type: "bert", ...grouped(768, 12, 12, 12, 3072, 30522), max_position_embeddings: 512, type_vocab_size: 2 },
  ],
  [
    "T5 small",
    60_506_624,
    {
      model_type: "t5",
      d_model: 512,
      d_kv: 64,
      d_ff: 2048,
      num_layers: 6,
      num_heads: 8,
      vocab_size: 32128,
      feed_forward_proj: "relu",
    },
  ],
  [
    "T5 base, whose file says nothing of its feed-forward layers",
    222_903_552,
    { model_type: "t5", d_model: 768, d_kv: 64, d_ff: 3072, num_layers: 12, num_heads: 12, vocab_size: 32128 },
  ],
  ["DistilBERT base, with the head for masked words", 66_985_530, { model_type: "distilbert" }],
  [
    "StarCoder",
    15_517_456_384,
    {
      model_type: "gpt_bigcode",
      n_embd: 6144,
      n_layer: 40,
      n_head: 48,
      n_inner: 24576,
      n_positions: 8192,
      vocab_size: 49152,
    },
  ],
  [
    "Command R+",
    103_810_674_688,
    { model_type: "cohere", ...grouped(12288, 64, 96, 8, 33792, 256000), use_qk_norm: true },
  ],
  [
    "Falcon 40B",
    41_303_293_952,
    {
      model_type: "falcon",
      hidden_size: 8192,
      num_hidden_layers: 60,
      num_attention_heads: 128,
      num_kv_heads: 8,
      vocab_size: 65024,
      new_decoder_architecture: true,
    },
  ],
  [
    "Falcon RW 1B",
    1_311_625_216,
    {
      model_type: "falcon",
      hidden_size: 2048,
      num_hidden_layers: 24,
      num_attention_heads: 32,
      vocab_size: 50304,
      multi_query: false,
      parallel_attn: false,
      bias: true,
    },
  ],
  [
    "OPT 350M, whose embeddings are narrower than the model and which has no last norm",
    331_196_416,
    {
      model_type: "opt",
      hidden_size: 1024,
      word_embed_proj_dim: 512,
      num_hidden_layers: 24,
      num_attention_heads: 16,
      ffn_dim: 4096,
      vocab_size: 50272,
      do_layer_norm_before: false,
    },
  ],
  // 2·100·64 for words, 4·64² for attention, 3·64·128 for the MLP, 2·64 for the block's one norm and for the last.
  [
    "a small StableLM with parallel residuals",
    54_016,
    { model_type: "stablelm", ...grouped(64, 1, 4, 4, 128, 100), use_parallel_residual: true },
  ],
] as const;

/** What the published files could leave out as well, because the model's class says the same. */
const leftOut: readonly (readonly [name: string, keys: readonly string[]])[] = [
  ["Falcon 7B", ["multi_query", "parallel_attn"]],
  ["StarCoder2 3B", ["use_bias"]],
  ["MPT 7B", ["expansion_ratio"]],
  ["Pythia 1.4B", ["use_parallel_residual"]],
  ["ChatGLM3 6B", ["add_qkv_bias"]],
  ["StableLM 3B", ["use_qkv_bias"]],
  ["BERT base, with the head for masked words", ["type_vocab_size", "max_position_embeddings"]],
];

describe("reading config.json", () => {
  for (const [left, keys] of leftOut) {
    it(`takes ${keys.join(" and ")} of ${left} from its class where the file leaves it out`, () => {
      const [, total, config] = published.find(([name]) => name === left) ?? assert.fail();
      const kept = Object.fromEntries(Object.entries(config).filter(([key]) => !keys.includes(key)));
      assert.equal(countParameters(answered(readConfigJson(kept, left)).architecture).total, total);
    });
  }

  for (const [name, total, config] of published) {
    it(`gives ${name} ${total} parameters`, () => {
      const { architecture } = answered(readConfigJson(config, name));
      assert.equal(countParameters(architecture).total, total);
    });
  }

  it("reads unknown types with Llama's keys as Llama, and says so", () => {
    const reading = answered(
      readConfigJson({ model_type: "newllama", ...grouped(4096, 32, 32, 8, 14336, 128256) }, "x"),
    );
    assert.equal(reading.assumption, "newllama is read as Llama");
    assert.equal(countParameters(reading.architecture).total, 8_030_261_248);
  });

  it("takes a file without model_type for Llama's, which is where they come from", () => {
    const reading = answered(readConfigJson(grouped(4096, 32, 32, 8, 14336, 128256), "x"));
    assert.deepEqual([reading.architecture.type, reading.assumption], ["llama", null]);
  });

  it("has no window where the file turns it off", () => {
    const qwen = { model_type: "qwen2", ...grouped(896, 24, 14, 2, 4864, 151936), sliding_window: 32768 };
    const window = (more: object) => {
      const { attention } = answered(readConfigJson({ ...qwen, ...more }, "x")).architecture;
      return attention.kind === "grouped" ? attention.window : undefined;
    };
    assert.equal(window({ use_sliding_window: false }), null);
    assert.equal(window({}), 32_768);
  });

  it("says when only the text part is counted", () => {
    const config = {
      model_type: "qwen2_5_vl",
      text_config: { model_type: "qwen2_5_vl_text", ...grouped(2048, 36, 16, 2, 11008, 151936) },
    };
    const reading = answered(readConfigJson(config, "x"));
    assert.deepEqual([reading.textOnly, reading.assumption], [true, null]);
  });

  it("calls the modules of a model that sees as the whole model does", () => {
    const text = { model_type: "mistral", ...grouped(5120, 40, 32, 8, 32768, 131072), head_dim: 128 };
    const { architecture } = answered(readConfigJson({ model_type: "mistral3", text_config: text }, "x"));
    assert.equal(architecture.linears[0]?.path, "model.language_model.layers.*.self_attn.q_proj");
    assert.equal(architecture.type, "mistral3");
  });

  for (const [config, reason] of [
    [null, "config.json is not an object"],
    ["{}", "config.json is not an object"],
    [[], "config.json is not an object"],
    [{}, "config.json has no hidden_size"],
    [{ hidden_size: "4096" }, "config.json has no hidden_size"],
    [{ hidden_size: -1 }, "config.json has no hidden_size"],
    [{ hidden_size: 4096 }, "config.json has no num_hidden_layers"],
    [{ hidden_size: 4096, num_hidden_layers: 32 }, "config.json has no num_attention_heads"],
    [{ hidden_size: 4096, num_hidden_layers: 32, num_attention_heads: 32 }, "config.json has no vocab_size"],
    [
      { hidden_size: 4096, num_hidden_layers: 32, num_attention_heads: 32, vocab_size: 32000 },
      "config.json has no intermediate_size",
    ],
    [
      {
        model_type: "qwen3_next",
        ...grouped(2048, 48, 16, 2, 5120, 151936),
        layer_types: ["linear_attention", "full_attention"],
      },
      "the blocks of qwen3_next models are not all alike; config.json does not tell their size",
    ],
    [
      { model_type: "mamba", hidden_size: 2560, num_hidden_layers: 64, state_size: 16, vocab_size: 50280 },
      "the blocks of mamba models are not all alike; config.json does not tell their size",
    ],
  ] as const) {
    it(`has a reason for ${JSON.stringify(config)}: ${reason}`, () => {
      assert.deepEqual(readConfigJson(config, "x"), { value: null, reason });
    });
  }

  it("never throws", () => {
    const keys = [
      "model_type",
      "hidden_size",
      "num_hidden_layers",
      "num_attention_heads",
      "vocab_size",
      "text_config",
      "layer_types",
    ];
    const values = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom("gpt2", "t5", "falcon", "qwen", "constructor", 0, 1, 64, 1e300),
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...keys), values)), (json) => {
        const reading = readConfigJson(json, "x");
        assert.ok(reading.value || "reason" in reading);
      }),
    );
  });
});
