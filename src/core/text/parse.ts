import type { ConfigDocument, TextFormat } from "./document.ts";
import { parseJson } from "./json.ts";
import { parseYaml } from "./yaml.ts";

/** Reads a config file; whatever the text, nothing is thrown. */
export function parse(text: string, format: TextFormat): readonly ConfigDocument[] {
  if (openBrackets(text) > deepestNesting) return [];
  return format === "json" ? parseJson(text) : parseYaml(text);
}

/** Far deeper than any config; the parsers take long to fail on texts that are nested deeper still. */
const deepestNesting = 1000;

/** The most brackets and braces that are open at once, those in texts and comments included. */
function openBrackets(text: string): number {
  let open = 0;
  let most = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x5b || code === 0x7b) most = Math.max(most, ++open);
    else if ((code === 0x5d || code === 0x7d) && open > 0) open--;
  }
  return most;
}
