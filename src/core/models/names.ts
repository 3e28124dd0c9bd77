import { type QuantizedCopy, splitStorage } from "./quantizedCopy.ts";

/** A model's name in the forms by which it may be known, the surest first. */
export interface NameForms {
  /** As written, lower-case, with its organisation if it has one: `unsloth/llama-3.1-8b-instruct-bnb-4bit`. */
  readonly whole: string;
  /** The last part of it. */
  readonly last: string;
  /** The words of the last part without storage: `llama 3 1 8b instruct`. */
  readonly words: string;
  /** The same without the words for a variant of the same shape: `llama 3 1 8b`. */
  readonly stem: string;
  readonly quantized: QuantizedCopy | null;
}

/** Instruction-tuned, converted and dated copies of a model have its shape; `base` may be a size (`t5-base`). */
const variants = new Set(["instruct", "instruction", "inst", "chat", "hf", "it", "pt", "meta", "deduped"]);

/** Releases by month or day: `2407`, `0125`, `20250110`. */
const date = /^(2[0-9](0[1-9]|1[0-2])|(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])|(0[1-9]|1[0-2])2\d|20\d{6})$/;

/** Folders that say nothing about the model in them. */
const generic =
  /^(checkpoint[-_]?\d*|(global[-_])?steps?[-_]?\d+|epochs?[-_]?\d+|snapshots|[0-9a-f]{20,}|\d+|hf|hf[-_]?(model|weights|ckpt|checkpoint)|final|latest|main|original|weights|models?|merged|huggingface|pytorch|transformers|output|safetensors)$/;

/** Hub ids, local paths, cache folders, URLs and builders; `undefined` for a text without a name in it. */
export function nameForms(reference: string): NameForms | undefined {
  const parts = lastParts(reference);
  const last = parts.at(-1);
  if (!last) return undefined;
  const { quantized, ...forms } = wordForms(last);
  if (forms.words === "") return undefined;
  return {
    ...forms,
    whole: parts.join("/"),
    last,
    quantized: quantized && parts[0] === "mlx-community" ? { ...quantized, method: "mlx" } : quantized,
  };
}

/** The forms of a lower-case name without its organisation. */
export function wordForms(last: string): Omit<NameForms, "whole" | "last"> {
  const { name, quantized } = splitStorage(last);
  const words = wordsOf(name);
  const sized = words.some((word) => /^\d+(x\d+)?[bm]$/.test(word));
  const tellsVariant = (word: string) => variants.has(word) || date.test(word) || (sized && word === "base");
  return {
    words: words.filter((word) => word !== "meta").join(" "),
    stem: words.filter((word) => !tellsVariant(word)).join(" "),
    quantized,
  };
}

/** Organisation and name, or the name alone: the last folders of a path that are not generic. */
function lastParts(reference: string): readonly string[] {
  const path = reference
    .trim()
    .toLowerCase()
    .replace(/^["']|["']$/g, "")
    .replace(/^[a-z0-9]+:\/\/(huggingface\.co\/|hf\.co\/)?/, "")
    .replace(/models--([^/\\]+?)--([^/\\]+)/, "$1/$2")
    .replace(/\.(safetensors|pth|bin|ckpt|nemo)$/, "");
  const parts = path.split(/[\\/]+/).filter((part) => part !== "" && part !== ".");
  while (parts.length > 1 && generic.test(parts.at(-1) ?? "")) parts.pop();
  const last = parts.at(-1)?.replace(/[@:].*$/, "");
  if (last === undefined) return [];
  if (size.test(last)) return [parts.slice(-2).join("-")];
  return [...parts.slice(-2, -1), builderOf(last)];
}

/** A folder that is only a size has its model's name above it: `llama-2/7B`. */
const size = /^\d+(\.\d+)?[bm]$/;

/** `torchtune.models.llama3_1.lora_llama3_1_8b` is about `llama3_1_8b`. */
function builderOf(name: string): string {
  const builder = /^(?:[a-z_]\w*\.){2,}([a-z]\w*)$/.exec(name)?.[1] ?? name;
  return builder.replace(/^(qlora|lora|qdora|dora|qat)_/, "");
}

/** Runs of letters, and numbers with the letters behind them: `Qwen2.5-0.5B` is `qwen 2 5 0 5b`. */
function wordsOf(name: string): readonly string[] {
  return name
    .replace(/(\d)half/g, "$1.5")
    .replace(/([a-z])(?=\d)/g, "$1 ")
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}
