import type { LoraTargets } from "../plan/lora.ts";

const queryValue = ["q_proj", "v_proj"];
const fused = ["query_key_value"];
const bert = ["query", "value"];

/** TRANSFORMERS_MODELS_TO_LORA_TARGET_MODULES_MAPPING of PEFT 0.21, peft/utils/constants.py. */
const modules: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries<readonly string[]>({
    t5: ["q", "v"],
    mt5: ["q", "v"],
    bart: queryValue,
    gpt2: ["c_attn"],
    bloom: fused,
    opt: queryValue,
    gptj: queryValue,
    gpt_neox: fused,
    gpt_neo: queryValue,
    bert,
    roberta: bert,
    "xlm-roberta": bert,
    electra: bert,
    "deberta-v2": ["query_proj", "value_proj"],
    llama: queryValue,
    llama4: queryValue,
    chatglm: fused,
    gpt_bigcode: ["c_attn"],
    mpt: ["Wqkv"],
    falcon: fused,
    mistral: queryValue,
    mixtral: queryValue,
    stablelm: queryValue,
    phi: [...queryValue, "fc1", "fc2"],
    gemma: queryValue,
    gemma2: queryValue,
    gemma3_text: queryValue,
    qwen2: queryValue,
    qwen3: queryValue,
    nemotron_h: ["q_proj", "k_proj", "v_proj", "o_proj"],
  }),
);

/** What PEFT adapts when nothing is targeted; undefined for model types for which it refuses to choose. */
export function peftDefault(type: string): LoraTargets | undefined {
  if (type === "gemma4") return { kind: "pattern", pattern: ".*language_model\\..*\\.(q_proj|v_proj)" };
  const names = modules.get(type);
  return names && { kind: "names", names };
}
