import type { Analysis } from "../../../src/core/analyze.ts";
import { ownPlace } from "../../../src/core/plan/sourced.ts";
import { renaming } from "../../../src/core/rules/fixes.ts";
import { entryAt } from "../../../src/core/text/document.ts";
import { type EditValue, setValue, type TextEdit } from "../../../src/core/text/edit.ts";
import type { Mistake } from "../mistake.ts";

/** The peak rate written as text; undefined where the config has none of its own. */
function asText({ plan, document }: Analysis, notation: (rate: number) => string): readonly TextEdit[] | undefined {
  const { value: rate, origin } = plan.learningRate.peak;
  const place = ownPlace(plan.learningRate.peak);
  if (origin !== "file" || !rate || !place) return undefined;
  const written = document.text.split("\n")[place.range.start.line] ?? "";
  const isNumber = /^[\d.eE+-]+$/.test(written.slice(place.range.start.character, place.range.end.character));
  return isNumber ? [{ range: place.range, newText: notation(rate) }] : undefined;
}

/** A line of a block at the top of the config, twice. */
function repeated({ plan, document }: Analysis, other: boolean): readonly TextEdit[] | undefined {
  const place = ownPlace(plan.learningRate.peak);
  const line = place && document.text.split("\n")[place.range.start.line];
  if (!place || !line || !/^\s*["']?[\w.]+["']?\s*:\s*[\d.eE+-]+\s*,?\s*$/.test(line)) return undefined;
  const at = { line: place.range.start.line, character: 0 };
  const copy = other ? line.replace(/:\s*[\d.eE+-]+/, ": 0.001") : line;
  const comma = document.format === "json" && !/,\s*$/.test(line) ? "," : "";
  return [{ range: { start: at, end: at }, newText: `${copy.trimEnd()}${comma}\n` }];
}

/** A key under the name that older releases had for it, where the newest are meant. */
function underFormerName(now: string, former: string, isIn: (analysis: Analysis) => boolean): Mistake {
  return {
    rule: "keys/renamed",
    name: `${former} for ${now}`,
    plant(analysis, { options }) {
      const entry = isIn(analysis) && !options.versions ? entryAt(analysis.document.root, now) : undefined;
      const isEmpty = entry?.value.kind === "scalar" && entry.value.value === null;
      return entry && !isEmpty ? renaming(analysis, now, former, { title: "" })[0]?.edits : undefined;
    },
  };
}

/** A key that is not there yet, where the newest releases are meant. */
function added(rule: string, key: string, value: EditValue, isIn: (analysis: Analysis) => boolean): Mistake {
  return {
    rule,
    name: `${key}: ${value}`,
    plant(analysis, { options }) {
      const { document } = analysis;
      return isIn(analysis) && !options.versions && !entryAt(document.root, key)
        ? setValue(document, key, value)
        : undefined;
    },
  };
}

const of =
  (...ids: readonly string[]) =>
  ({ dialect }: Analysis) =>
    ids.includes(dialect.id);

const ofTrl = ({ dialect, document }: Analysis) => dialect.id === "hf-trl" && !dialect.isForScripts?.(document);

export const keyMistakes: readonly Mistake[] = [
  {
    rule: "keys/number-as-text",
    name: "a rate in quotes",
    plant: (analysis) => (of("llamafactory")(analysis) ? asText(analysis, (rate) => `"${rate}"`) : undefined),
  },
  {
    rule: "keys/number-as-text",
    name: "a rate without a dot",
    plant: (analysis, { options }) =>
      of("nanotron", "gpt-neox", "open-instruct")(analysis) && options.format !== "json"
        ? asText(analysis, (rate) => rate.toExponential().replace(/^(\d)\.\d+/, "$1"))
        : undefined,
  },
  { rule: "keys/repeated", name: "a rate twice", plant: (analysis) => repeated(analysis, false) },
  { rule: "keys/repeated", name: "another rate above", plant: (analysis) => repeated(analysis, true) },
  underFormerName("eval_strategy", "evaluation_strategy", of("hf-trl", "llamafactory", "ms-swift", "axolotl")),
  underFormerName("per_device_eval_batch_size", "per_gpu_eval_batch_size", of("hf-trl", "llamafactory")),
  underFormerName("dtype", "torch_dtype", ofTrl),
  underFormerName("max_length", "max_seq_length", (analysis) => ofTrl(analysis) && analysis.plan.stage.value === "sft"),
  underFormerName("pref_beta", "dpo_beta", of("llamafactory")),
  underFormerName("rl_beta", "dpo_beta", of("axolotl")),
  underFormerName("context_parallel_size", "sequence_parallel_degree", of("axolotl")),
  underFormerName("tuner_type", "train_type", of("ms-swift")),
  {
    rule: "keys/renamed",
    name: "flash_attention for attn_implementation",
    plant({ document, dialect }) {
      const entry = dialect.id === "axolotl" ? entryAt(document.root, "attn_implementation") : undefined;
      if (entry?.value.kind !== "scalar" || entry.value.value !== "flash_attention_2") return undefined;
      const range = document.rangeOf({ start: entry.keySpan.start, end: entry.valueSpan.end });
      return document.format === "yaml" ? [{ range, newText: "flash_attention: true" }] : undefined;
    },
  },
  added("keys/removed", "tpu_num_cores", 8, of("hf-trl", "llamafactory")),
  added("keys/removed", "logging_dir", "logs", of("hf-trl")),
  added("keys/removed", "max_packed_sequence_len", 2048, of("axolotl")),
  added("keys/ignored", "freeze_trainable_layers", 4, (analysis) => {
    return of("llamafactory")(analysis) && ["lora", "qlora", "full"].includes(analysis.plan.method.value ?? "");
  }),
  added("keys/ignored", "pref_beta", 0.5, (analysis) => {
    return of("llamafactory")(analysis) && analysis.plan.stage.value === "sft";
  }),
  added("keys/ignored", "bnb_4bit_quant_type", "fp4", (analysis) => {
    return ofTrl(analysis) && analysis.plan.quantization === null;
  }),
  added("keys/ignored", "evals_per_epoch", 4, ({ dialect, document }) => {
    const { entries } = document.root;
    return dialect.id === "axolotl" && !entries.has("val_set_size") && !entries.has("test_datasets");
  }),
  added("keys/incompatible", "load_best_model_at_end", true, ({ dialect, document: { root } }) => {
    const strategies = ["eval_strategy", "evaluation_strategy", "save_strategy"];
    return ["hf-trl", "llamafactory"].includes(dialect.id) && !strategies.some((key) => root.entries.has(key));
  }),
  added("keys/incompatible", "activation_offloading", true, (analysis) => {
    return of("axolotl")(analysis) && analysis.plan.gradientCheckpointing.value === false;
  }),
  added("keys/incompatible", "padding_free", true, (analysis) => {
    const { plan, document } = analysis;
    const isMegatron = !document.root.entries.has("per_device_train_batch_size");
    const isPlain = !plan.packing.value && !document.root.entries.has("attn_impl");
    return of("ms-swift")(analysis) && !isMegatron && isPlain;
  }),
];
