import { type Answer, known, missing } from "../answer.ts";
import { t } from "../language.ts";
import type { Architecture } from "./architecture.ts";
import { configTypes } from "./configTypes.ts";
import { ConfigValues, isObject } from "./configValues.ts";
import { architectureOf, type Dimensions, type ExpertDimensions, type LatentDimensions } from "./dimensions.ts";

/** The architecture in a config.json, and what had to be taken for granted to read it. */
export interface ConfigReading {
  readonly architecture: Architecture;
  readonly assumption: string | null;
  /** Whether there are vision or audio towers, whose size config.json does not tell. */
  readonly textOnly: boolean;
}

/** The architecture that Hugging Face's `config.json`, already parsed, describes. */
export function readConfigJson(json: unknown, id: string): Answer<ConfigReading> {
  if (!isObject(json)) return missing(t`config.json is not an object`);
  const whole = new ConfigValues(json);
  const text = textPart(whole);
  const outerType = whole.text("model_type");
  const innerType = text.text("model_type")?.replace(/_text(_model)?$/, "");
  const type = outerType ?? innerType ?? "llama";
  const configType = configTypes.get(type) ?? configTypes.get(innerType ?? "");
  const config = text.withFallbacks(withTies(whole, configType?.defaults ?? {}));
  const dimensions = dimensionsOf(config, id, type);
  if (!dimensions.value) return dimensions;
  const own = configType?.read?.(config, dimensions.value) ?? {};
  return known({
    architecture: architectureOf({ ...dimensions.value, ...own }),
    assumption: configType ? null : t`${type} is read as Llama`,
    textOnly: text !== whole || whole.has("vision_config") || whole.has("audio_config"),
  });
}

/** Models that see or hear keep their language model's values in an object of their own. */
function textPart(whole: ConfigValues): ConfigValues {
  const outer = whole.inside("thinker_config") ?? whole;
  const inner = ["text_config", "language_config", "llm_config"].map((key) => outer.inside(key)).find((part) => part);
  return inner ?? whole;
}

/** Whether the output layer is tied may stand beside the text part instead of in it. */
function withTies(whole: ConfigValues, defaults: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const tied = whole.flag("tie_word_embeddings");
  return tied === undefined ? defaults : { ...defaults, tie_word_embeddings: tied };
}

function dimensionsOf(config: ConfigValues, id: string, type: string): Answer<Dimensions> {
  if (hasOtherBlocks(config)) {
    return missing(t`the blocks of ${type} models are not all alike; config.json does not tell their size`);
  }
  const hidden = config.count("hidden_size", "n_embd", "d_model", "dim");
  const layers = config.count("num_hidden_layers", "n_layer", "n_layers", "num_layers");
  const heads = config.count("num_attention_heads", "n_head", "n_heads", "num_heads");
  const vocab = config.count("padded_vocab_size", "vocab_size");
  if (hidden === undefined) return missing(t`config.json has no hidden_size`);
  if (layers === undefined) return missing(t`config.json has no num_hidden_layers`);
  if (heads === undefined) return missing(t`config.json has no num_attention_heads`);
  if (vocab === undefined) return missing(t`config.json has no vocab_size`);
  const intermediate = config.count(...intermediateKeys);
  if (intermediate === undefined && !computesIntermediate.has(type))
    return missing(t`config.json has no intermediate_size`);
  return known({
    id,
    family: type,
    type,
    hidden,
    layers,
    heads,
    vocab,
    ...defined({
      kvHeads: config.count("num_key_value_heads", "multi_query_group_num"),
      headDim: config.count("head_dim", "kv_channels", "d_kv"),
      intermediate,
      context: config.count("max_position_embeddings", "n_positions", "seq_length", "max_seq_len"),
      window: config.flag("use_sliding_window") === false ? undefined : config.count("sliding_window"),
      latent: latentOf(config),
      experts: expertsOf(config, intermediate),
    }),
    tied: config.flag("tie_word_embeddings") ?? false,
    qkvBias: config.flag("attention_bias") ?? false,
    outputBias: config.flag("attention_bias") ?? false,
    mlpBias: config.flag("mlp_bias") ?? false,
  });
}

const intermediateKeys = ["intermediate_size", "ffn_hidden_size", "n_inner", "ffn_dim", "d_ff", "hidden_dim"];

/** Types whose MLP has a fixed multiple of the hidden size where config.json gives no size. */
const computesIntermediate = new Set(["gpt2", "gpt_bigcode", "gpt_neo", "gptj", "bloom", "falcon", "mpt"]);

/** Whether there are blocks of Mamba, linear attention or convolutions among the others. */
function hasOtherBlocks(config: ConfigValues): boolean {
  const keys = [
    "ssm_cfg",
    "mamba_d_state",
    "mamba_d_ssm",
    "mamba_num_heads",
    "state_size",
    "linear_num_value_heads",
    "conv_L_cache",
  ];
  return (
    keys.some((key) => config.has(key)) ||
    config.texts("layer_types").some((layer) => !/attention$/.test(layer) || /linear/.test(layer))
  );
}

function latentOf(config: ConfigValues): LatentDimensions | undefined {
  const keyValueRank = config.count("kv_lora_rank");
  const nopeDim = config.count("qk_nope_head_dim");
  const ropeDim = config.count("qk_rope_head_dim");
  const valueDim = config.count("v_head_dim");
  if (!keyValueRank || !nopeDim || !ropeDim || !valueDim) return undefined;
  return { keyValueRank, nopeDim, ropeDim, valueDim, ...defined({ queryRank: config.count("q_lora_rank") }) };
}

function expertsOf(config: ConfigValues, intermediate: number | undefined): ExpertDimensions | undefined {
  const count = config.count("num_local_experts", "n_routed_experts", "num_experts");
  const width = config.count("moe_intermediate_size") ?? intermediate;
  if (!count || !width) return undefined;
  const sharedWidth = config.count("shared_expert_intermediate_size", "moe_shared_expert_intermediate_size");
  const shared = sharedWidth ?? (config.count("n_shared_experts", "num_shared_experts") ?? 0) * width;
  return {
    count,
    active: config.count("num_experts_per_tok", "num_experts_per_token", "moe_topk") ?? 1,
    width,
    ...(shared > 0 ? { shared } : {}),
    ...(config.has("shared_expert_intermediate_size") && shared > 0 ? { sharedGate: true } : {}),
    ...defined({ dense: config.count("first_k_dense_replace", "moe_layer_start_index") }),
  };
}

/** The entries that have a value. */
function defined<T extends object>(entries: { readonly [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as Partial<T>;
}
