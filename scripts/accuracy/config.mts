import { stringify } from "yaml";
import type { LinkedFile } from "../../src/core/dialects/links.ts";
import type { Versions } from "../../src/core/plan/versions.ts";
import type { TextFormat } from "../../src/core/text/document.ts";
import { parse } from "../../src/core/text/parse.ts";
import type { Row } from "./row.mts";

/** A training config as its framework's user would have it, with the files that it points to and the releases in use. */
export interface Config {
  readonly text: string;
  readonly format: TextFormat;
  readonly linked: ReadonlyMap<string, LinkedFile>;
  readonly versions: Versions;
}

/** The settings of a config; those that are undefined are not written. */
export type Settings = Readonly<Record<string, unknown>>;

/** What a row is as a config of one framework. */
export type Writer = (row: Row) => Config;

/** A config as YAML, in which undefined settings are left out. */
export function yamlConfig(
  settings: Settings,
  versions: Versions,
  { comment = "", files = {} }: { readonly comment?: string; readonly files?: Readonly<Record<string, Settings>> } = {},
): Config {
  const linked = Object.entries(files).map(([path, content]) => [path, linkedFile(path, content)] as const);
  return { text: comment + yaml(settings), format: "yaml", linked: new Map(linked), versions };
}

function linkedFile(path: string, settings: Settings): LinkedFile {
  const isJson = path.endsWith(".json");
  const [document] = parse(isJson ? JSON.stringify(settings) : yaml(settings), isJson ? "json" : "yaml");
  if (!document) throw new Error(`${path} has no mapping`);
  return { document, uri: `file:///${path}` };
}

function yaml(settings: Settings): string {
  return stringify(settings, { keepUndefined: false });
}

/** Whether the backward pass recomputes the blocks, in whatever way. */
export function checkpoints({ grad_checkpointing }: Row): boolean {
  return grad_checkpointing !== null && grad_checkpointing !== false;
}

/** `flash_attention_2`, `sdpa` or `eager`, from words such as `sdpa (flash)`. */
export function attentionOf({ attention }: Row): string | undefined {
  return /^(?:flash_attention_2|sdpa|eager)/.exec(attention ?? "")?.[0];
}

/** The type of 16 or 32 bits in which weights that are not quantised are held. */
export function weightType({ weight_dtype, compute_dtype }: Row): string {
  const plain = /^(?:bfloat16|float16|float32)/.exec(weight_dtype ?? "")?.[0];
  return plain ?? compute_dtype ?? "bfloat16";
}

export function isNf4({ weight_dtype }: Row): boolean {
  return /^nf4/.test(weight_dtype ?? "");
}

export function isGptq({ weight_dtype }: Row): boolean {
  return /^gptq/.test(weight_dtype ?? "");
}
