import type { ConfigDocument } from "../text/document.ts";
import { endingOf, type TextEdit } from "../text/edit.ts";

/** How comments begin where the file can have them: not in plain JSON, which no framework would read then. */
export type CommentStart = "#" | "//";

/** Writes a comment above a line, counted from 0, that silences a rule there; one that stands there already gets its name. */
export function suppressOnLine(
  { text }: Pick<ConfigDocument, "text">,
  rule: string,
  line: number,
  start: CommentStart,
): TextEdit {
  const lines = text.split(/\r\n|\r|\n/);
  const above = lines[line - 1] ?? "";
  if (/^\s*(?:#|\/\/)\s*fine-tune-lens-ignore\s+[a-z]+\/[a-z0-9-]+/.test(above)) {
    const end = { line: line - 1, character: above.trimEnd().length };
    return { range: { start: end, end }, newText: ` ${rule}` };
  }
  const indent = /^\s*/.exec(lines[line] ?? "")?.[0] ?? "";
  return inserted(text, line, `${indent}${start} fine-tune-lens-ignore ${rule}`);
}

/** Writes a comment at the head of the file that silences a rule in all of it. */
export function suppressInFile({ text }: Pick<ConfigDocument, "text">, rule: string, start: CommentStart): TextEdit {
  return inserted(text, 0, `${start} fine-tune-lens-ignore-file ${rule}`);
}

function inserted(text: string, line: number, comment: string): TextEdit {
  const at = { line, character: 0 };
  return { range: { start: at, end: at }, newText: `${comment}${endingOf(text)}` };
}
