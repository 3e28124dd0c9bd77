import type { ConfigValues } from "./configValues.ts";
import type { Dimensions } from "./dimensions.ts";

/** How a model type differs from Llama, beside what its keys say. */
export interface ConfigType {
  /** Values of keys that its config.json leaves out, from its configuration class. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  readonly read?: (config: ConfigValues, dimensions: Dimensions) => Partial<Dimensions>;
}

const tied = { tie_word_embeddings: true };

const layerNorm = { norm: "layer", gated: false } as const;

const allBiases = { qkvBias: true, outputBias: true, mlpBias: true } as const;

/** LayerNorm, an MLP of two matrices four times as wide, and biases everywhere, as in GPT-2. */
const gpt2: ConfigType = {
  defaults: { ...tied, vocab_size: 50257, n_positions: 1024 },
  read: (config, { hidden, context = 0 }) => ({
    ...layerNorm,
    ...allBiases,
    intermediate: config.count("n_inner", "intermediate_size") ?? 4 * hidden,
    positions: context,
    ...(config.flag("multi_query") ? { kvHeads: 1 } : {}),
  }),
};

const qwen2: ConfigType = { read: () => ({ qkvBias: true, outputBias: false }) };

/** Source: configuration_internlm2.py of internlm/internlm2-7b, as of its predecessor. */
const internlm: ConfigType = {
  read: (config) => ({ qkvBias: config.flag("bias") ?? true, outputBias: config.flag("bias") ?? true }),
};

const qwen3: ConfigType = { read: () => ({ qkNorm: "head" }) };

const olmo2: ConfigType = { read: () => ({ qkNorm: "full" }) };

const cohere: ConfigType = {
  defaults: tied,
  read: (config) => ({
    norms: 1,
    norm: "layer-no-bias",
    parallel: true,
    ...(config.flag("use_qk_norm") ? { qkNorm: "full" as const } : {}),
  }),
};

const gemma3: ConfigType = {
  defaults: {
    ...tied,
    vocab_size: 262208,
    hidden_size: 2304,
    intermediate_size: 9216,
    num_hidden_layers: 26,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
    sliding_window: 4096,
    max_position_embeddings: 131072,
  },
  read: () => ({ norms: 4, qkNorm: "head" }),
};

/** Positions, token types and their norm, and the head for masked words: a layer, a norm, a bias per word. */
function bertOther(config: ConfigValues, { hidden, vocab, context = 0 }: Dimensions): number {
  const types = config.count("type_vocab_size") ?? 0;
  return (context + types + 2) * hidden + (hidden * hidden + hidden) + 2 * hidden + vocab;
}

const bert: ConfigType = {
  defaults: { ...tied, vocab_size: 30522, type_vocab_size: 2, max_position_embeddings: 512 },
  read: (config, dimensions) => ({
    ...layerNorm,
    ...allBiases,
    positions: dimensions.context ?? 0,
    other: bertOther(config, dimensions),
  }),
};

const latentExperts: ConfigType = { defaults: { first_k_dense_replace: 0 } };

/** T5: two stacks, a final norm and a table of relative positions in each. */
const t5: ConfigType = {
  defaults: { ...tied, vocab_size: 32128, d_kv: 64, relative_attention_num_buckets: 32 },
  read: (config, { hidden, layers, heads = 0 }) => ({
    encoderLayers: layers,
    layers: config.count("num_decoder_layers") ?? layers,
    gated: config.text("feed_forward_proj")?.startsWith("gated") ?? false,
    other: 2 * hidden + 2 * (config.count("relative_attention_num_buckets") ?? 32) * heads,
  }),
};

/** GLM's own code, before transformers knew it. */
const chatglm: ConfigType = {
  read: (config) => ({ qkvBias: config.flag("add_qkv_bias") ?? true, outputBias: false }),
};

const attentionBias: ConfigType = {
  read: (config) => ({ qkvBias: config.flag("attention_bias") ?? false, outputBias: false }),
};

/** Source: the configuration classes and modelling files of transformers 5.18. */
export const configTypes: ReadonlyMap<string, ConfigType> = new Map(
  Object.entries<ConfigType>({
    baichuan: {},
    bert,
    bloom: {
      defaults: tied,
      read: (_, { hidden }) => ({ ...layerNorm, ...allBiases, intermediate: 4 * hidden, other: 4 * hidden }),
    },
    chatglm,
    cohere,
    cohere2: cohere,
    deepseek_v2: latentExperts,
    deepseek_v3: latentExperts,
    distilbert: {
      defaults: {
        ...tied,
        vocab_size: 30522,
        max_position_embeddings: 512,
        dim: 768,
        hidden_dim: 3072,
        n_layers: 6,
        n_heads: 12,
      },
      read: (config, dimensions) => ({
        ...layerNorm,
        ...allBiases,
        positions: dimensions.context ?? 0,
        other: bertOther(config, dimensions),
      }),
    },
    ernie4_5: { defaults: tied },
    falcon: {
      defaults: tied,
      read: (config, { hidden, heads = 1 }) => {
        const isNew = config.flag("new_decoder_architecture") ?? false;
        const parallel = config.flag("parallel_attn") ?? true;
        const multiQuery = config.flag("multi_query") ?? true;
        const bias = config.flag("bias") ?? false;
        return {
          ...layerNorm,
          parallel,
          norms: isNew ? (config.count("num_ln_in_parallel_attn") ?? 2) : parallel ? 1 : 2,
          kvHeads: isNew ? (config.count("num_kv_heads", "n_head_kv") ?? heads) : multiQuery ? 1 : heads,
          qkvBias: bias,
          outputBias: bias,
          mlpBias: bias,
          intermediate: config.count("ffn_hidden_size") ?? 4 * hidden,
        };
      },
    },
    gemma: { defaults: tied },
    gemma2: { defaults: tied, read: () => ({ norms: 4 }) },
    gemma3,
    gemma3_text: { ...gemma3, defaults: { ...gemma3.defaults, vocab_size: 262144 } },
    glm: attentionBias,
    glm4: { read: (config) => ({ qkvBias: config.flag("attention_bias") ?? false, outputBias: false, norms: 4 }) },
    glm4_moe: {
      read: (config) => ({
        qkvBias: config.flag("attention_bias") ?? false,
        outputBias: false,
        ...(config.flag("use_qk_norm") ? { qkNorm: "head" as const } : {}),
      }),
    },
    gpt2,
    gpt_bigcode: { ...gpt2, defaults: { ...gpt2.defaults, multi_query: true } },
    gpt_neo: {
      defaults: { ...tied, max_position_embeddings: 2048 },
      read: (config, { hidden, context = 0 }) => ({
        ...layerNorm,
        qkvBias: false,
        outputBias: true,
        mlpBias: true,
        intermediate: config.count("intermediate_size") ?? 4 * hidden,
        positions: context,
      }),
    },
    gpt_neox: {
      read: (config) => ({
        ...layerNorm,
        mlpBias: true,
        qkvBias: config.flag("attention_bias") ?? true,
        outputBias: config.flag("attention_bias") ?? true,
        parallel: config.flag("use_parallel_residual") ?? true,
      }),
    },
    gptj: {
      read: (config, { hidden }) => ({
        ...layerNorm,
        mlpBias: true,
        headBias: true,
        norms: 1,
        parallel: true,
        intermediate: config.count("n_inner") ?? 4 * hidden,
      }),
    },
    granite: {},
    hunyuan_v1_dense: qwen3,
    internlm,
    internlm2: internlm,
    kimi_k2: latentExperts,
    llama: {},
    mimo: qwen2,
    minicpm: { defaults: tied },
    ministral3: {},
    mistral: {},
    mixtral: {},
    mpt: {
      defaults: tied,
      read: (config, { hidden }) => ({
        norm: "layer-no-bias",
        gated: false,
        intermediate: (config.count("expansion_ratio") ?? 4) * hidden,
      }),
    },
    olmo: { read: () => ({ norm: "none" }) },
    olmo2,
    olmo3: olmo2,
    olmoe: olmo2,
    opt: {
      defaults: { ...tied, vocab_size: 50272, max_position_embeddings: 2048 },
      read: (config, { hidden, context = 0 }) => {
        const width = config.count("word_embed_proj_dim") ?? hidden;
        const positions = (context + 2) * hidden;
        const finalNorm = config.flag("do_layer_norm_before") === false ? 0 : 2 * hidden;
        return {
          ...layerNorm,
          ...allBiases,
          positions: context + 2,
          embeddingWidth: width,
          other: positions + finalNorm + (width === hidden ? 0 : 2 * width * hidden),
        };
      },
    },
    phi: { read: () => ({ ...layerNorm, ...allBiases, headBias: true, norms: 1, parallel: true }) },
    phi3: {},
    qwen: {
      read: (config) => ({
        qkvBias: true,
        outputBias: false,
        intermediate: (config.count("intermediate_size") ?? 0) / 2,
      }),
    },
    qwen2,
    qwen2_moe: qwen2,
    qwen2_vl: qwen2,
    qwen2_5_vl: qwen2,
    qwen3,
    qwen3_moe: qwen3,
    qwen3_vl: qwen3,
    qwen3_vl_moe: qwen3,
    roberta: {
      ...bert,
      defaults: { ...bert.defaults, vocab_size: 50265, type_vocab_size: 1, max_position_embeddings: 514 },
    },
    seed_oss: { read: (config) => ({ outputBias: config.flag("attention_out_bias") ?? false }) },
    smollm3: { defaults: tied },
    stablelm: {
      read: (config) => ({
        norm: "layer",
        qkvBias: config.flag("use_qkv_bias") ?? false,
        outputBias: false,
        ...(config.flag("use_parallel_residual") ? { norms: 1, parallel: true } : {}),
      }),
    },
    starcoder2: {
      defaults: tied,
      read: (config) => {
        const bias = config.flag("use_bias") ?? true;
        return { ...layerNorm, qkvBias: bias, outputBias: bias, mlpBias: bias };
      },
    },
    t5,
    mt5: {
      ...t5,
      defaults: { ...t5.defaults, tie_word_embeddings: false, vocab_size: 250112, feed_forward_proj: "gated-gelu" },
    },
    "xlm-roberta": {
      ...bert,
      defaults: { ...bert.defaults, vocab_size: 30522, type_vocab_size: 2, max_position_embeddings: 512 },
    },
  }),
);
