import type { LinkedFile } from "../../dialects/links.ts";
import { placeOf } from "../../dialects/place.ts";
import { t } from "../../language.ts";
import { type ConfigDocument, type Entry, entryAt, type ScalarNode } from "../../text/document.ts";
import { inFile } from "../fixes.ts";
import type { Fix, Related, Subject } from "../rule.ts";

/** The DeepSpeed settings that a config has, in itself or in a file that it points to. */
export interface DeepspeedSettings {
  /** With the settings as its root. */
  readonly document: ConfigDocument;
  readonly file?: LinkedFile;
  /** What they are called in a sentence: their file's name. */
  readonly name: string;
  /** The `deepspeed` key of the config. */
  readonly entry: Entry;
}

/** Undefined for configs that have none, and while their file is not there. */
export function deepspeedSettings({ document, links }: Subject): DeepspeedSettings | undefined {
  const entry = document.root.entries.get("deepspeed");
  if (entry?.value.kind === "map")
    return { document: { ...document, root: entry.value }, name: t`the DeepSpeed settings`, entry };
  const path = entry?.value.kind === "scalar" ? String(entry.value.value) : "";
  const file = links.find((link) => link.path === path)?.file;
  return entry && file
    ? { document: file.document, file, name: path.slice(path.lastIndexOf("/") + 1), entry }
    : undefined;
}

/** A single value of the settings that is stated: not empty, and not left to the training arguments. */
export function statedIn({ document }: DeepspeedSettings, path: string): ScalarNode | undefined {
  const node = entryAt(document.root, path)?.value;
  return node?.kind === "scalar" && node.value !== null && node.value !== "auto" ? node : undefined;
}

/** The place of a setting, to be shown beside a finding. */
export function relatedTo({ document, file, name }: DeepspeedSettings, entry: Entry): Related {
  const { range } = placeOf(document, entry);
  return { message: t`${entry.key} in ${name}`, range, ...(file ? { uri: file.uri } : {}) };
}

/** Fixes of the settings, wherever they stand. */
export function inSettings({ file }: DeepspeedSettings, fixes: readonly Fix[]): readonly Fix[] {
  return file ? inFile(file, fixes) : fixes;
}
