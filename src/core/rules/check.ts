import { rules } from "./index.ts";
import type { Finding, Fix, Report, Rule, Severity, Subject } from "./rule.ts";
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
  const findings: Finding[] = [];
  for (const rule of rules) {
    const level = levels[rule.id];
    if (level === "off") continue;
    for (const report of rule.check(subject)) {
      if (!suppressions.cover(rule.id, report.range.start.line)) findings.push(findingOf(rule, report, level));
    }
  }
  return findings;
}

/** What a rule reports, with all that it left out; its fixes are made once, when they are first looked at. */
function findingOf(rule: Rule, { fixes, ...report }: Report, level: Severity | undefined): Finding {
  let made: readonly Fix[] | undefined;
  return {
    related: [],
    ...report,
    rule: rule.id,
    severity: level ?? report.severity ?? rule.severity,
    get fixes() {
      made ??= fixes?.() ?? [];
      return made;
    },
  };
}
