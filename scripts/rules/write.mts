// Writes the list of the rules and the setting of their severities anew.
import { readFileSync, writeFileSync } from "node:fs";
import { listRows, severityProperties } from "./list.mts";

const page = readFileSync("docs/rules.md", "utf8");
writeFileSync("docs/rules.md", page.replace(/(\|---\|---\|---\|\n)(?:\| \[.*\n)*/, `$1${listRows().join("\n")}\n`));

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
manifest.contributes.configuration.properties["fineTuneLens.rules.severity"].properties = severityProperties();
writeFileSync("package.json", `${JSON.stringify(manifest, null, 2)}\n`);
