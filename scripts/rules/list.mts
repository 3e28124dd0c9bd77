import { rules } from "../../src/core/rules/index.ts";
import { pageOf } from "../../src/core/rules/page.ts";
import type { Rule } from "../../src/core/rules/rule.ts";

/** The rows of the list in `docs/rules.md`. */
export function listRows(): readonly string[] {
  return rules.map(({ id, title, severity }) => {
    const { file, anchor } = pageOf(id);
    return `| [\`${id}\`](rules/${file}#${anchor}) | ${title} | ${severity} |`;
  });
}

/** What an editor of settings offers for each rule; `describe` says what a rule finds. */
export function severityProperties(
  describe: (rule: Pick<Rule, "id" | "title">) => string,
): Readonly<Record<string, object>> {
  const levels = ["off", "hint", "information", "warning", "error"];
  return Object.fromEntries(
    rules.map((rule) => [rule.id, { description: describe(rule), type: "string", enum: levels }]),
  );
}

/** The manifest says it in the user's language. */
export const manifestProperties = () => severityProperties(({ id }) => `%rule.${id}%`);

export const schemaProperties = () => severityProperties(({ title }) => title);

/** The English of the manifest's keys. */
export function manifestTexts(): Readonly<Record<string, string>> {
  return Object.fromEntries(rules.map(({ id, title }) => [`rule.${id}`, title]));
}
