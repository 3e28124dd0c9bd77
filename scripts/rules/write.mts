// Writes the list of the rules and the settings of their severities anew.
import { readFileSync, writeFileSync } from "node:fs";
import { settingNamed } from "../manifest.mts";
import { listRows, manifestProperties, manifestTexts, schemaProperties } from "./list.mts";

const page = readFileSync("docs/rules.md", "utf8");
writeFileSync("docs/rules.md", page.replace(/(\|---\|---\|---\|\n)(?:\| \[.*\n)*/, `$1${listRows().join("\n")}\n`));

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
settingNamed<{ properties: unknown }>(manifest, "fineTuneLens.rules.severity").properties = manifestProperties();
writeFileSync("package.json", `${JSON.stringify(manifest, null, 2)}\n`);

const schema = JSON.parse(readFileSync("syntaxes/settings.schema.json", "utf8"));
schema.properties.rules.properties.severity.properties = schemaProperties();
writeFileSync("syntaxes/settings.schema.json", `${JSON.stringify(schema, null, 2)}\n`);

const texts: Readonly<Record<string, string>> = JSON.parse(readFileSync("package.nls.json", "utf8"));
const others = Object.fromEntries(Object.entries(texts).filter(([key]) => !key.startsWith("rule.")));
writeFileSync("package.nls.json", `${JSON.stringify({ ...others, ...manifestTexts() }, null, 2)}\n`);
