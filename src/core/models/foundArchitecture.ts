import { readConfigJson } from "./configJson.ts";
import type { FoundArchitecture } from "./facts.ts";

/** The architecture that the text of a config.json describes; undefined for a text that describes none. */
export function foundArchitecture(
  text: string | undefined,
  id: string,
  source: FoundArchitecture["source"],
): FoundArchitecture | undefined {
  if (text === undefined) return undefined;
  try {
    const reading = readConfigJson(JSON.parse(text), id);
    return reading.value
      ? { architecture: reading.value.architecture, textOnly: reading.value.textOnly, source }
      : undefined;
  } catch {
    return undefined;
  }
}
