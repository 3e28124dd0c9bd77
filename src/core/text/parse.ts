import type { ConfigDocument, TextFormat } from "./document.ts";
import { parseJson } from "./json.ts";
import { parseYaml } from "./yaml.ts";

/** Reads a config file; whatever the text, nothing is thrown. */
export function parse(text: string, format: TextFormat): readonly ConfigDocument[] {
  return format === "json" ? parseJson(text) : parseYaml(text);
}
