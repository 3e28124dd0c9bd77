import type { ConfigDocument, TextFormat } from "./document.ts";
import { parseJson } from "./json.ts";
import { parseYaml } from "./yaml.ts";

/** Reads a config file; whatever the text, a document comes back. */
export function parse(text: string, format: TextFormat): ConfigDocument {
  return format === "json" ? parseJson(text) : parseYaml(text);
}
