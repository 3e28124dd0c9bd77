/** Which modules get an adapter. */
export type LoraTargets =
  /** Every linear layer of the blocks (PEFT's `all-linear`): not the output layer, not fused experts. */
  | { readonly kind: "all" }
  /** PEFT's own choice for the architecture. */
  | { readonly kind: "default" }
  /** Modules whose names end so, as PEFT matches a list: `q_proj`, `mlp.down_proj`. A `*` stands for any letters. */
  | { readonly kind: "names"; readonly names: readonly string[] }
  /** Modules whose whole path matches a regular expression, as PEFT matches a text. */
  | { readonly kind: "pattern"; readonly pattern: string }
  /** What a layer does, in frameworks that have names of their own for the layers. */
  | { readonly kind: "roles"; readonly roles: readonly LayerRole[] };

/** Which blocks get adapters: so many at the end, or those of these numbers, beside which PEFT adapts nothing. */
export type LoraLayers =
  | { readonly kind: "last"; readonly count: number }
  | { readonly kind: "numbers"; readonly numbers: readonly number[] };

export type LayerRole = "query" | "key" | "value" | "output" | "mlp" | "head";

/** PEFT's reading of `target_modules`: `all-linear`, a list of names, or one text, which is a regular expression. */
export function peftTargets(words: readonly string[], isList: boolean): LoraTargets {
  const [first = ""] = words;
  if (words.length === 0) return { kind: "default" };
  if (/^all[-_]linear$/.test(first)) return { kind: "all" };
  return isList || /^[\w.,\s-]+$/.test(first) ? { kind: "names", names: words } : { kind: "pattern", pattern: first };
}
