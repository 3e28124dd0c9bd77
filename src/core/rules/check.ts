import { rules } from "./index.ts";
import type { Finding, Rule, Severity, Subject } from "./rule.ts";
import { suppressionsIn } from "./suppressions.ts";

/** What the user wants of a rule: nothing, or findings of that severity. */
export type Level = "off" | Severity;

/** What the user wants of the rules; their own severities where nothing is said. */
export interface RuleSettings {
  /** Whether findings are wanted at all. */
  readonly enabled: boolean;
  readonly levels: Readonly<Record<string, Level>>;
}

export const defaultRuleSettings: RuleSettings = { enabled: true, levels: {} };

const levelNames: readonly unknown[] = ["off", "hint", "information", "warning", "error"];

/** Settings as they are written; what means nothing is left out. */
export function ruleSettingsFrom(enabled: unknown, levels: unknown): RuleSettings {
  const entries = typeof levels === "object" && levels !== null ? Object.entries(levels) : [];
  return {
    enabled: enabled !== false,
    levels: Object.fromEntries(entries.filter((entry): entry is [string, Level] => levelNames.includes(entry[1]))),
  };
}

/** The findings that the user wants and the config does not suppress, in the order of the rules. */
export function check(subject: Subject, { enabled, levels }: RuleSettings): readonly Finding[] {
  if (!enabled) return [];
  const suppressions = suppressionsIn(subject.document.text);
  return rules
    .flatMap((rule) => findingsOf(rule, subject, levels[rule.id]))
    .filter(({ rule, range }) => !suppressions.cover(rule, range.start.line));
}

function findingsOf(rule: Rule, subject: Subject, level: Level | undefined): readonly Finding[] {
  if (level === "off") return [];
  return [...rule.check(subject)].map((report) => ({
    related: [],
    fixes: [],
    ...report,
    rule: rule.id,
    severity: level ?? report.severity ?? rule.severity,
  }));
}
