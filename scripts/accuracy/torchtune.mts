import { type Config, checkpoints, yamlConfig } from "./config.mts";
import { type Row, releasesIn } from "./row.mts";

/** torchtune's YAML with its components, as in recipes/configs. */
export function torchtune(row: Row): Config {
  const offloads = /activation/.test(String(row.cpu_offload));
  return yamlConfig(
    {
      model: model(row),
      tokenizer: { _component_: "torchtune.models.llama3.llama3_tokenizer", max_seq_len: row.seq_len },
      dataset: { _component_: "torchtune.datasets.alpaca_dataset", packed: row.packed },
      batch_size: row.micro_batch,
      epochs: 1,
      gradient_accumulation_steps: 1,
      optimizer: optimizer(row),
      optimizer_in_bwd: /optimizer (?:in backward|step fused into backward)/.test(row.notes ?? ""),
      loss: { _component_: lossClass(row) },
      dtype: row.compute_dtype === "float32" ? "fp32" : "bf16",
      device: "cuda",
      compile: row.compile === true,
      enable_activation_checkpointing: checkpoints(row),
      enable_activation_offloading: offloads,
    },
    { torch: "2.5.1", ...releasesIn(row) },
    { comment: row.num_gpus > 1 ? `# tune run --nproc_per_node ${row.num_gpus} ${recipe(row)}_distributed\n` : "" },
  );
}

function recipe({ method }: Row): string {
  return method === "full" ? "full_finetune" : "lora_finetune";
}

/** Llama-3.2-3B is `llama3_2_3b`, in the module `llama3_2`. */
function model(row: Row): Readonly<Record<string, unknown>> {
  const name = (row.model ?? "").split("/").at(-1) ?? "";
  const [, family = "", size = ""] = /^(?:Meta-)?(.*?)-(\d+(?:\.\d+)?[bB])\b/.exec(name) ?? [];
  const module = family.toLowerCase().replace("llama-", "llama").replaceAll(/[.-]/g, "_");
  const builder = `${module}_${size.toLowerCase()}`;
  const prefix = row.method === "full" ? "" : `${row.method}_`;
  return { _component_: `torchtune.models.${module}.${prefix}${builder}`, ...(row.method === "full" ? {} : lora(row)) };
}

function lora({ lora_rank, lora_targets }: Row): Readonly<Record<string, unknown>> {
  const attention = ["q_proj", "k_proj", "v_proj"].filter((name) => lora_targets?.includes(name));
  return {
    lora_attn_modules: [...attention, ...(lora_targets?.includes("o_proj") ? ["output_proj"] : [])],
    apply_lora_to_mlp: lora_targets?.includes("up_proj") ?? false,
    apply_lora_to_output: lora_targets?.includes("lm_head") ?? false,
    lora_rank,
    lora_alpha: 2 * (lora_rank ?? 8),
    lora_dropout: 0,
  };
}

/** torchtune's own configs run torch's AdamW fused. */
function optimizer({ optimizer, method }: Row): Readonly<Record<string, unknown>> {
  const lr = method === "full" ? 2e-5 : 3e-4;
  if (!/8bit/i.test(optimizer ?? "")) return { _component_: "torch.optim.AdamW", fused: true, lr };
  const paged = /paged/i.test(optimizer ?? "") ? "Paged" : "";
  return { _component_: `bitsandbytes.optim.${paged}AdamW8bit`, lr };
}

function lossClass({ fused_ce }: Row): string {
  if (/linear/i.test(fused_ce ?? "")) return "torchtune.modules.loss.LinearCrossEntropyLoss";
  return /chunked/i.test(fused_ce ?? "")
    ? "torchtune.modules.loss.CEWithChunkedOutputLoss"
    : "torch.nn.CrossEntropyLoss";
}
