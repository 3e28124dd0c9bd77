import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { analyze } from "../../src/core/analyze.ts";
import type { TextFormat } from "../../src/core/text/document.ts";
import { catalogue } from "../unit/builtIn.ts";

export interface Config {
  readonly name: string;
  readonly text: string;
  readonly format: TextFormat;
}

/** The YAML and JSON files in a folder. */
export function configsIn(folder: string): readonly Config[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ya?ml|json)$/.test(entry.name))
    .map(({ parentPath, name }): Config => {
      const text = readFileSync(join(parentPath, name), "utf8");
      return { name, text, format: name.endsWith(".json") ? "json" : "yaml" };
    });
}

/** What the editor does with a text. */
export function analysisOf({ text, format }: Config, steps?: number) {
  return analyze(text, { format, catalogue, ...(steps === undefined ? {} : { steps }) });
}

export function kilobytes(configs: readonly Config[]): number {
  return configs.reduce((sum, { text }) => sum + text.length, 0) / 1000;
}
