import { named } from "../named.ts";
/** Where transformers keeps the parts of a model, by its `model_type`. */
export interface ModuleNames {
  /** The list of blocks; a block is at its number in it. */
  readonly blocks: string;
  /** Query, key and value in a block, or the one layer that computes all three. */
  readonly queryKeyValue: readonly [string] | readonly [query: string, key: string, value: string];
  readonly output: string;
  /** Gate, up and down in a block; gate and up fused, and down; or up and down of an MLP without a gate. */
  readonly mlp: readonly [up: string, down: string] | readonly [gate: string, up: string, down: string];
  readonly sharedExperts: string;
  readonly embedding: string;
  /** What else comes before the blocks, where it is not kept with the embedding: learned positions, a norm. */
  readonly besideEmbedding?: readonly string[];
  readonly outputLayer: string;
}

const llama: ModuleNames = {
  blocks: "model.layers",
  queryKeyValue: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
  output: "self_attn.o_proj",
  mlp: ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"],
  sharedExperts: "mlp.shared_experts",
  embedding: "model.embed_tokens",
  outputLayer: "lm_head",
};

const languageModel: ModuleNames = {
  ...llama,
  blocks: "model.language_model.layers",
  embedding: "model.language_model.embed_tokens",
};

const plain: ModuleNames = { ...llama, mlp: ["mlp.up_proj", "mlp.down_proj"] };

const fusedGate: ModuleNames = { ...llama, mlp: ["mlp.gate_up_proj", "mlp.down_proj"] };

const sharedExpert: ModuleNames = { ...llama, sharedExperts: "mlp.shared_expert" };

const transformer = { ...llama, blocks: "transformer.h", embedding: "transformer.wte" } as const;

const gpt2: ModuleNames = {
  ...transformer,
  queryKeyValue: ["attn.c_attn"],
  output: "attn.c_proj",
  mlp: ["mlp.c_fc", "mlp.c_proj"],
  besideEmbedding: ["transformer.wpe"],
};

const falcon: ModuleNames = {
  ...transformer,
  queryKeyValue: ["self_attention.query_key_value"],
  output: "self_attention.dense",
  mlp: ["mlp.dense_h_to_4h", "mlp.dense_4h_to_h"],
  embedding: "transformer.word_embeddings",
};

const bloom: ModuleNames = { ...falcon, besideEmbedding: ["transformer.word_embeddings_layernorm"] };

const bert: ModuleNames = {
  blocks: "bert.encoder.layer",
  queryKeyValue: ["attention.self.query", "attention.self.key", "attention.self.value"],
  output: "attention.output.dense",
  mlp: ["intermediate.dense", "output.dense"],
  sharedExperts: llama.sharedExperts,
  embedding: "bert.embeddings.word_embeddings",
  outputLayer: "cls.predictions.decoder",
};

const roberta: ModuleNames = {
  ...bert,
  blocks: "roberta.encoder.layer",
  embedding: "roberta.embeddings.word_embeddings",
  outputLayer: "lm_head.decoder",
};

const t5: ModuleNames = {
  ...llama,
  blocks: "decoder.block",
  queryKeyValue: ["SelfAttention.q", "SelfAttention.k", "SelfAttention.v"],
  output: "SelfAttention.o",
  mlp: ["DenseReluDense.wi", "DenseReluDense.wo"],
  embedding: "shared",
};

/** By `model_type`. */
type ModuleNamesByType = Readonly<Record<string, ModuleNames>>;

/** Source: the modelling files of transformers 5.18, and the repositories of the models that bring their own code. */
const byType = {
  apertus: plain,
  arcee: plain,
  baichuan: { ...llama, queryKeyValue: ["self_attn.W_pack"] },
  bert,
  bloom,
  chatglm: {
    ...llama,
    blocks: "transformer.encoder.layers",
    queryKeyValue: ["self_attention.query_key_value"],
    output: "self_attention.dense",
    mlp: ["mlp.dense_h_to_4h", "mlp.dense_4h_to_h"],
    embedding: "transformer.embedding.word_embeddings",
    outputLayer: "transformer.output_layer",
  },
  "deberta-v2": {
    ...bert,
    blocks: "deberta.encoder.layer",
    queryKeyValue: ["attention.self.query_proj", "attention.self.key_proj", "attention.self.value_proj"],
    embedding: "deberta.embeddings.word_embeddings",
  },
  distilbert: {
    ...bert,
    blocks: "distilbert.transformer.layer",
    queryKeyValue: ["attention.q_lin", "attention.k_lin", "attention.v_lin"],
    output: "attention.out_lin",
    mlp: ["ffn.lin1", "ffn.lin2"],
    embedding: "distilbert.embeddings.word_embeddings",
    outputLayer: "vocab_projector",
  },
  falcon,
  gemma3: languageModel,
  gemma4: languageModel,
  gemma4_unified: languageModel,
  glm: fusedGate,
  glm4: fusedGate,
  glm4v: { ...languageModel, mlp: fusedGate.mlp },
  gpt2,
  gpt_bigcode: gpt2,
  gpt_neo: {
    ...transformer,
    queryKeyValue: ["attn.attention.q_proj", "attn.attention.k_proj", "attn.attention.v_proj"],
    output: "attn.attention.out_proj",
    mlp: ["mlp.c_fc", "mlp.c_proj"],
    besideEmbedding: ["transformer.wpe"],
  },
  gpt_neox: {
    ...llama,
    blocks: "gpt_neox.layers",
    queryKeyValue: ["attention.query_key_value"],
    output: "attention.dense",
    mlp: ["mlp.dense_h_to_4h", "mlp.dense_4h_to_h"],
    embedding: "gpt_neox.embed_in",
    outputLayer: "embed_out",
  },
  gptj: {
    ...transformer,
    queryKeyValue: ["attn.q_proj", "attn.k_proj", "attn.v_proj"],
    output: "attn.out_proj",
    mlp: ["mlp.fc_in", "mlp.fc_out"],
  },
  internlm2: {
    ...llama,
    queryKeyValue: ["attention.wqkv"],
    output: "attention.wo",
    mlp: ["feed_forward.w1", "feed_forward.w3", "feed_forward.w2"],
    embedding: "model.tok_embeddings",
    outputLayer: "output",
  },
  jais2: plain,
  kimi_k25: languageModel,
  llava: languageModel,
  llama4: {
    ...llama,
    blocks: "language_model.model.layers",
    mlp: ["feed_forward.gate_proj", "feed_forward.up_proj", "feed_forward.down_proj"],
    sharedExperts: "feed_forward.shared_expert",
    embedding: "language_model.model.embed_tokens",
    outputLayer: "language_model.lm_head",
  },
  mistral3: languageModel,
  mllama: languageModel,
  modernbert: {
    ...llama,
    queryKeyValue: ["attn.Wqkv"],
    output: "attn.Wo",
    mlp: ["mlp.Wi", "mlp.Wo"],
    embedding: "model.embeddings.tok_embeddings",
    outputLayer: "decoder",
  },
  mpnet: {
    ...bert,
    blocks: "mpnet.encoder.layer",
    queryKeyValue: ["attention.attn.q", "attention.attn.k", "attention.attn.v"],
    output: "attention.attn.o",
    embedding: "mpnet.embeddings.word_embeddings",
    outputLayer: "lm_head.decoder",
  },
  mpt: {
    ...transformer,
    blocks: "transformer.blocks",
    queryKeyValue: ["attn.Wqkv"],
    output: "attn.out_proj",
    mlp: ["ffn.up_proj", "ffn.down_proj"],
    besideEmbedding: ["transformer.wpe"],
  },
  opt: {
    ...llama,
    blocks: "model.decoder.layers",
    output: "self_attn.out_proj",
    mlp: ["fc1", "fc2"],
    embedding: "model.decoder.embed_tokens",
    besideEmbedding: ["model.decoder.embed_positions", "model.decoder.project_in"],
  },
  paligemma: languageModel,
  phi: { ...llama, output: "self_attn.dense", mlp: ["mlp.fc1", "mlp.fc2"] },
  phi3: { ...fusedGate, queryKeyValue: ["self_attn.qkv_proj"] },
  qwen: {
    ...transformer,
    queryKeyValue: ["attn.c_attn"],
    output: "attn.c_proj",
    mlp: ["mlp.w2", "mlp.w1", "mlp.c_proj"],
  },
  qwen2_5_vl: languageModel,
  qwen2_moe: sharedExpert,
  qwen2_vl: languageModel,
  qwen3_5: languageModel,
  qwen3_5_moe: { ...languageModel, sharedExperts: "mlp.shared_expert" },
  qwen3_next: sharedExpert,
  qwen3_vl: languageModel,
  qwen3_vl_moe: languageModel,
  roberta,
  starcoder2: { ...llama, mlp: ["mlp.c_fc", "mlp.c_proj"] },
  t5,
  umt5: t5,
  mt5: t5,
  voxtral: { ...llama, blocks: "language_model.model.layers", embedding: "language_model.model.embed_tokens" },
  "xlm-roberta": roberta,
} as const satisfies ModuleNamesByType;

/** The names of a model type; Llama's, which most types have taken over, where it has none of its own. */
export function moduleNames(type: string): ModuleNames {
  return named<ModuleNames>(byType, type) ?? llama;
}
