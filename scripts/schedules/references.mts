import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Table } from "../accuracy/report.mts";

/** The rates that the frameworks' own code gave, one file for each framework. */
const folder = join("test", "fixtures", "golden", "rates");

interface References {
  readonly source: string;
  readonly cases: readonly { readonly samples: readonly unknown[] }[];
}

/** How many curves and rates of which code the formulas are compared with. */
export function referenceTable(): Table {
  const rows = readdirSync(folder).map((file) => {
    const { source, cases }: References = JSON.parse(readFileSync(join(folder, file), "utf8"));
    return { name: basename(file, ".json"), source, curves: cases.length, rates: ratesIn(cases) };
  });
  const sum = (count: "curves" | "rates") => rows.reduce((all, row) => all + row[count], 0);
  return [
    ["Reference", "Curves", "Rates", "Code that was run"],
    ...rows.map(({ name, source, curves, rates }) => [fileLink(name), `${curves}`, `${rates}`, codeLinks(source)]),
    ["all", `${sum("curves")}`, `${sum("rates")}`, ""],
  ];
}

function ratesIn(cases: References["cases"]): number {
  return cases.reduce((all, { samples }) => all + samples.length, 0);
}

function fileLink(name: string): string {
  return `[${name}](../test/fixtures/golden/rates/${name}.json)`;
}

/** `run on CPU: owner/name (remark) path at commit; …` as links to the files. */
function codeLinks(source: string): string {
  const files = source.replace("run on CPU: ", "").split("; ");
  return files.map(codeLink).join("<br>");
}

function codeLink(text: string): string {
  const [, repository, path, revision = ""] = /^(\S+) (?:\(.*\) )?(\S+) at (\S+)$/.exec(text) ?? [];
  if (!repository) throw new Error(`"${text}" is no file of a repository at a commit`);
  return `[${repository} ${path}](https://github.com/${repository}/blob/${revision}/${path}) at ${revision.slice(0, 8)}`;
}
