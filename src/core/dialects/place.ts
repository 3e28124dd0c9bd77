import type { Place } from "../plan/sourced.ts";
import type { ConfigDocument, Entry } from "../text/document.ts";

/** Where a key and its value stand in the document that holds them. */
export function placeOf(document: ConfigDocument, { keySpan, valueSpan }: Entry): Place {
  return { range: document.rangeOf(valueSpan), keyRange: document.rangeOf(keySpan) };
}
