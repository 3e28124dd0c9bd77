import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { speak, type Translations } from "../../../src/core/language.ts";

/** A text on a surface, and the words that the config, its fixes or the framework have for themselves. */
export interface Shown {
  readonly text: string;
  readonly known: ReadonlySet<string>;
}

/** What a reader of that language sees of every example and fixture. To be loaded anew: what is said while modules load is said once. */
export async function surfacesIn(language: Translations): Promise<readonly Shown[]> {
  speak(language);
  const { catalogue } = await import("../../unit/builtIn.ts");
  const { analyze } = await import("../../../src/core/analyze.ts");
  const { findGpu } = await import("../../../src/core/gpus/catalogue.ts");
  const { hintsOf } = await import("../../../src/core/report/hints.ts");
  const { hoverAt } = await import("../../../src/core/report/hover.ts");
  const { panelDetails, panelModel } = await import("../../../src/core/report/panelModel.ts");
  const { statusOf } = await import("../../../src/core/report/status.ts");
  const shown = new Map<string, Shown>();

  for (const folder of ["examples", "test/fixtures/rules"])
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }))
      if (/\.(?:ya?ml|json)$/.test(file)) read(join(folder, file));
  return [...shown.values()];

  function read(file: string): void {
    const gpu = findGpu("rtx-4090");
    const analysis = analyze(readFileSync(file, "utf8"), {
      format: file.endsWith(".json") ? "json" : "yaml",
      catalogue,
      samples: 1000,
      ...(gpu ? { target: { gpu } } : {}),
    });
    if (!analysis) return;
    const { dialect, document, findings, schedule } = analysis;
    const keys = Object.entries(dialect.vocabulary).flatMap(([key, { values = [] }]) => [key, ...values]);
    const written = findings.flatMap(({ fixes }) => fixes.flatMap(({ edits }) => edits.map(({ newText }) => newText)));
    const names = [dialect.label, schedule.value?.name, document.text, ...keys, ...written];
    const known = new Set(names.join(" ").match(/[a-z]+/g));
    gather([panelModel("run", analysis), panelDetails(analysis), statusOf(analysis), hintsOf(analysis)]);
    gather(findings.map(({ message, fixes }) => [message, fixes?.map(({ title }) => title)]));
    const lines = analysis.document.text.split("\n");
    for (const line of lines.keys()) gather(hoverAt(analysis, { line, character: lines[line]?.search(/\S/) ?? 0 }));

    /** Every text in a value that is more than a name. */
    function gather(value: unknown): void {
      if (typeof value === "string" && value.includes(" ")) shown.set(value, { text: value, known });
      else if (typeof value === "object" && value !== null) Object.values(value).forEach(gather);
    }
  }
}
