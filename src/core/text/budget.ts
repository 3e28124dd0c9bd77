import { t } from "../language.ts";
import { formatCount } from "../units.ts";
import type { TextFormat } from "./document.ts";

/** Characters of the longest text that is read: a hundred times the longest config that we know. */
const mostCharacters = 2_000_000;

/**
 * Brackets, separators and line breaks of the densest text that is read: a megabyte of the densest config that we know has
 * 240,000. What the parsers make of each takes time and memory, that of YAML more.
 */
const mostMarks: Readonly<Record<TextFormat, number>> = { yaml: 250_000, json: 1_000_000 };

/** Far deeper than any config; the parsers take long to fail on texts that are nested deeper still. */
const deepestNesting = 1000;

/** Why a text is not read at all, in words for the user; undefined for one that is. */
export function refusal(text: string, format: TextFormat): string | undefined {
  if (text.length > mostCharacters) return t`it is longer than ${formatCount(mostCharacters)} characters`;
  const { marks, depth } = measured(text);
  const most = mostMarks[format];
  if (marks > most) return t`it has more than ${formatCount(most)} brackets, separators and line breaks`;
  if (depth > deepestNesting) return t`it is nested more than ${formatCount(deepestNesting)} deep`;
  return undefined;
}

/** The marks of a text, and the most brackets and braces that are open at once, those in texts and comments included. */
function measured(text: string): { readonly marks: number; readonly depth: number } {
  let marks = 0;
  let open = 0;
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case 0x5b: // [
      case 0x7b: // {
        depth = Math.max(depth, ++open);
        marks++;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        if (open > 0) open--;
        marks++;
        break;
      case 0x0a: // line feed
      case 0x0d: // carriage return
      case 0x22: // "
      case 0x27: // '
      case 0x2c: // ,
      case 0x2d: // -
      case 0x3a: // :
        marks++;
    }
  }
  return { marks, depth };
}
