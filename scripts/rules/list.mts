import { rules } from "../../src/core/rules/index.ts";

/** The part of a rule's name that groups it with others; each has a page in `docs/rules`. */
export function familyOf(id: string): string {
  return id.slice(0, id.indexOf("/"));
}

/** The rows of the list in `docs/rules.md`. */
export function listRows(): readonly string[] {
  return rules.map(({ id, title, severity }) => {
    const anchor = id.replace("/", "");
    return `| [\`${id}\`](rules/${familyOf(id)}.md#${anchor}) | ${title} | ${severity} |`;
  });
}

/** What the settings editor offers for each rule. */
export function severityProperties(): Readonly<Record<string, object>> {
  const levels = ["off", "hint", "information", "warning", "error"];
  return Object.fromEntries(rules.map(({ id, title }) => [id, { description: title, type: "string", enum: levels }]));
}
