import { refusal } from "./budget.ts";
import type { ConfigDocument, TextFormat } from "./document.ts";
import { parseJson } from "./json.ts";
import { parseYaml } from "./yaml.ts";

/** Reads a config file; whatever the text, nothing is thrown. There are no documents in a text that is beyond all limits. */
export function parse(text: string, format: TextFormat): readonly ConfigDocument[] {
  if (refusal(text, format) !== undefined) return [];
  return format === "json" ? parseJson(text) : parseYaml(text);
}
