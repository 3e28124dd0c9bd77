import assert from "node:assert/strict";
import fc from "fast-check";
import { catalogued } from "../../../src/core/models/catalogue.ts";
import { readConfigJson } from "../../../src/core/models/configJson.ts";
import { adaptedLinears, countLoraParameters, savedParameters } from "../../../src/core/models/lora.ts";
import { countParameters } from "../../../src/core/models/parameters.ts";
import type { LoraLayers, LoraTargets } from "../../../src/core/plan/lora.ts";
import { answered } from "../analysis.ts";
import { findArchitecture, records } from "../builtIn.ts";

const all: LoraTargets = { kind: "all" };
const byDefault: LoraTargets = { kind: "default" };
const named = (...names: readonly string[]): LoraTargets => ({ kind: "names", names });
const pattern = (text: string): LoraTargets => ({ kind: "pattern", pattern: text });
const roles = (...names: Extract<LoraTargets, { kind: "roles" }>["roles"]): LoraTargets => ({
  kind: "roles",
  roles: names,
});

function architecture(name: string) {
  const found = findArchitecture(name);
  assert.ok(found, `${name} is not in the catalogue`);
  return found;
}

function trainable(name: string, targets: LoraTargets, rank: number, dora = false): number {
  return countLoraParameters(answered(adaptedLinears(architecture(name), targets)), rank, dora);
}

describe("LoRA as PEFT's documentation and users print it", () => {
  for (const [name, targets, rank, expected] of [
    ["meta-llama/Llama-2-7b-hf", named("q_proj", "v_proj"), 8, 4_194_304],
    ["meta-llama/Llama-2-7b-hf", byDefault, 8, 4_194_304],
    ["meta-llama/Llama-2-7b-hf", all, 16, 39_976_960],
    ["meta-llama/Meta-Llama-3-8B", all, 16, 41_943_040],
    ["meta-llama/Llama-3.2-3B", named("q_proj", "v_proj"), 32, 9_175_040],
    ["mistralai/Mistral-7B-v0.1", all, 64, 167_772_160],
    ["Qwen/Qwen2.5-7B-Instruct", all, 8, 20_185_088],
    ["bigscience/bloomz-7b1", byDefault, 16, 7_864_320],
    ["facebook/opt-6.7b", named("q_proj", "v_proj"), 16, 8_388_608],
    ["EleutherAI/gpt-neox-20b", named("query_key_value"), 8, 8_650_752],
    ["THUDM/chatglm3-6b", byDefault, 8, 1_949_696],
    ["openai-community/gpt2", byDefault, 8, 294_912],
  ] as const) {
    it(`${name}, ${targets.kind}, rank ${rank}: ${expected}`, () =>
      assert.equal(trainable(name, targets, rank), expected));
  }

  it("mt0-large, query and value of both stacks, rank 8: 2,359,296 of 1,231,940,608", () => {
    const config = {
      model_type: "mt5",
      d_model: 1024,
      d_kv: 64,
      d_ff: 2816,
      num_layers: 24,
      num_decoder_layers: 24,
      num_heads: 16,
      vocab_size: 250112,
      feed_forward_proj: "gated-gelu",
      tie_word_embeddings: false,
    };
    const mt0 = answered(readConfigJson(config, "bigscience/mt0-large")).architecture;
    const adapters = countLoraParameters(answered(adaptedLinears(mt0, byDefault)), 8);
    assert.equal(adapters, 2_359_296);
    assert.equal(countParameters(mt0).total + adapters, 1_231_940_608);
  });
});

describe("LoRA by hand", () => {
  for (const [name, targets, rank, expected, why] of [
    ["mistralai/Mixtral-8x7B-v0.1", all, 8, 6_815_744, "32·8·(2·8192 + 2·5120): attention only, experts are fused"],
    ["microsoft/phi-2", byDefault, 16, 18_350_080, "32·16·(2·5120 + 2·12800), q, v, fc1 and fc2"],
    ["google/gemma-7b", named("q_proj", "v_proj"), 4, 1_605_632, "28·4·2·(3072 + 4096)"],
    ["google/gemma-2-2b", named("o_proj"), 1, 113_152, "26·(2048 + 2304)"],
    ["FacebookAI/roberta-large", byDefault, 16, 1_572_864, "24·2·16·2048"],
    ["EleutherAI/gpt-j-6b", byDefault, 8, 3_670_016, "28·2·8·8192"],
    ["mosaicml/mpt-7b", byDefault, 8, 4_194_304, "32·8·(4096 + 12288)"],
    [
      "meta-llama/Llama-4-Maverick-17B-128E-Instruct",
      named("self_attn.o_proj", "shared_expert.up_proj", "shared_expert.down_proj"),
      2,
      2_260_992,
      "2·(48·10240 + 24·2·13312): half of the blocks have a shared expert",
    ],
    ["Qwen/Qwen3-30B-A3B", all, 1, 835_584, "48·(2·(2048 + 4096) + 2·(2048 + 512))"],
  ] as const) {
    it(`${name}, rank ${rank}: ${why}`, () => assert.equal(trainable(name, targets, rank), expected));
  }
});

describe("what LoRA reaches", () => {
  const llama = "meta-llama/Meta-Llama-3-8B";

  it("by a list: names and ends of paths, and stars for any letters", () => {
    assert.equal(trainable(llama, named("self_attn.q_proj"), 8), 32 * 8 * 8192);
    assert.equal(trainable(llama, named("model.layers.3.mlp.down_proj"), 8), 8 * (14336 + 4096));
    assert.equal(trainable(llama, named("*.layers.0.*_proj"), 16), trainable(llama, all, 16) / 32);
    assert.equal(trainable(llama, named("proj", "self_attn"), 8), 0);
  });

  it("embeddings and output layer by their names", () => {
    assert.equal(trainable(llama, named("lm_head"), 8), 8 * (4096 + 128_256));
    assert.equal(trainable(llama, named("embed_tokens"), 8), 8 * (4096 + 128_256));
    assert.equal(trainable("EleutherAI/pythia-1.4b-deduped", named("embed_out"), 8), 8 * (2048 + 50_304));
  });

  it("by an expression, which the whole path has to match", () => {
    assert.equal(trainable(llama, pattern(".*\\.(q|v)_proj"), 8), trainable(llama, named("q_proj", "v_proj"), 8));
    assert.equal(trainable(llama, pattern("q_proj"), 8), 0);
    assert.equal(
      trainable(llama, pattern("model\\.layers\\.(1[6-9]|2\\d|3[01])\\.self_attn\\.[qkvo]_proj"), 8),
      trainable(llama, named("q_proj", "k_proj", "v_proj", "o_proj"), 8) / 2,
    );
    assert.equal(trainable(llama, pattern("^(?!.*(visual|lm_head)).*(?:gate|up|down)_proj$"), 8), 32 * 8 * 3 * 18_432);
  });

  it("by role: fused layers as the parts that they are made of", () => {
    assert.equal(trainable(llama, roles("query", "value"), 8), trainable(llama, named("q_proj", "v_proj"), 8));
    assert.equal(trainable("EleutherAI/pythia-1.4b", roles("query", "value"), 8), 24 * 8 * 2 * 4096);
    assert.equal(trainable("microsoft/Phi-3-mini-4k-instruct", roles("mlp"), 1), 32 * 3 * (3072 + 8192));
    assert.equal(trainable(llama, roles("head"), 8), 8 * (4096 + 128_256));
  });

  it("in some of the blocks: the last ones, or those of a number, beside which nothing has one", () => {
    const inLayers = (layers: LoraLayers, ...names: readonly string[]) =>
      countLoraParameters(answered(adaptedLinears(architecture(llama), named(...names), layers)), 8);
    const head = 8 * (4096 + 128_256);
    assert.equal(inLayers({ kind: "last", count: 16 }, "q_proj", "lm_head"), 16 * 8 * 8192 + head);
    assert.equal(inLayers({ kind: "last", count: 40 }, "q_proj"), 32 * 8 * 8192);
    assert.equal(inLayers({ kind: "numbers", numbers: [0, 5, 31, 32] }, "q_proj", "lm_head"), 3 * 8 * 8192);
    assert.equal(inLayers({ kind: "numbers", numbers: [4] }, "layers.3.self_attn.q_proj"), 0);
  });

  it("in as large a share of each kind of blocks where it is not known which is where", () => {
    const hybrid = architecture("Qwen/Qwen3-Next-80B-A3B-Instruct");
    const half = answered(adaptedLinears(hybrid, all, { kind: "last", count: 24 }));
    assert.equal(2 * countLoraParameters(half, 8), trainable("Qwen/Qwen3-Next-80B-A3B-Instruct", all, 8));
  });

  it("is unknown where PEFT refuses to choose, and where the expression cannot be read", () => {
    const cohere = architecture("CohereForAI/c4ai-command-r-v01");
    assert.deepEqual(adaptedLinears(cohere, byDefault), {
      value: null,
      reason: "PEFT has no default targets for cohere",
    });
    assert.equal(adaptedLinears(cohere, pattern("(q_proj")).value, null);
  });

  it("DoRA adds a magnitude for every output", () => {
    assert.equal(trainable(llama, named("q_proj"), 8, true), 32 * (8 * 8192 + 4096));
  });

  it("and modules to save come with all their weights", () => {
    const matrix = 128_256 * 4096;
    const saved = (id: string, ...names: readonly string[]) => {
      const { embedding, outputLayer } = savedParameters(architecture(id), names);
      return [embedding, outputLayer];
    };
    assert.deepEqual(saved(llama, "embed_tokens", "lm_head"), [matrix, matrix]);
    assert.deepEqual(saved(llama, "classifier"), [0, 0]);
    assert.deepEqual(saved("meta-llama/Llama-3.2-1B", "lm_head"), [0, 128_256 * 2048]);
    assert.deepEqual(saved("openai-community/gpt2", "wte"), [50_257 * 768, 0]);
  });

  it("grows with the rank in every model, by as much for every step", () => {
    const models = fc.constantFrom(...records.map(catalogued).filter(({ linears }) => linears.length > 0));
    fc.assert(
      fc.property(models, fc.integer({ min: 1, max: 512 }), (model, rank) => {
        const linears = answered(adaptedLinears(model, all));
        assert.equal(countLoraParameters(linears, rank), rank * countLoraParameters(linears, 1));
        assert.ok(countLoraParameters(linears, rank + 1) > countLoraParameters(linears, rank));
      }),
    );
  });
});
