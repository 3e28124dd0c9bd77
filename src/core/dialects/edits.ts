import type { ConfigDocument } from "../text/document.ts";
import { replaceNumber, type TextEdit } from "../text/edit.ts";

/** Replaces the number behind a top-level key; nothing where the key has no single value. */
export function editNumber(document: ConfigDocument, key: string, value: number): readonly TextEdit[] {
  const node = document.root.entries.get(key)?.value;
  return node?.kind === "scalar" && node.source !== "" ? [replaceNumber(document, node, value)] : [];
}
