import { type Analysis, type AnalyzeOptions, analyze } from "../../src/core/analyze.ts";
import type { Finding } from "../../src/core/rules/rule.ts";
import type { TextEdit } from "../../src/core/text/edit.ts";
import { catalogue } from "../unit/builtIn.ts";
import { applyEdits } from "../unit/edits.ts";

/** A config, and what is known of its run beside its text. */
export interface Config {
  readonly name: string;
  readonly text: string;
  readonly options: Partial<AnalyzeOptions>;
}

/** A mistake that people make, and the rule that is to find it. */
export interface Mistake {
  readonly rule: string;
  /** What is done, in a few words. */
  readonly name: string;
  /** Edits of a config that make the mistake in it, or the config with the mistake; undefined where it cannot be made, or is there already. */
  readonly plant: (analysis: Analysis, config: Config) => readonly TextEdit[] | Config | undefined;
}

/** The mistake where nothing else is wrong with the schedule and the length of a run, which would hide it or come back when it is mended. */
export function inGoodOrder(mistake: Mistake): Mistake {
  return {
    ...mistake,
    plant: (analysis, config) =>
      analysis.findings.some(({ rule }) => /^(?:schedule|duration)\//.test(rule))
        ? undefined
        : mistake.plant(analysis, config),
  };
}

/** What became of a mistake that was planted. */
export interface Outcome {
  readonly mistake: Mistake;
  readonly config: Config;
  readonly isFound: boolean;
  /** What the preferred, or else the first, fix of the finding leaves or brings; null where nothing is left, or there is no fix. */
  readonly trouble: string | null;
}

/** Plants every mistake in every config where it can be made. */
export function plantAll(configs: readonly Config[], mistakes: readonly Mistake[]): readonly Outcome[] {
  return configs.flatMap((config) => {
    const analysis = analysisOf(config);
    return analysis ? mistakes.flatMap((mistake) => plantIn(config, analysis, mistake)) : [];
  });
}

function plantIn(config: Config, healthy: Analysis, mistake: Mistake): readonly Outcome[] {
  if (healthy.findings.some(({ rule }) => rule === mistake.rule)) return [];
  const planted = mistake.plant(healthy, config);
  if (planted === undefined) return [];
  const wrong = isConfig(planted) ? planted : { ...config, text: applyEdits(config.text, planted) };
  if (wrong.text === config.text && wrong.options === config.options) return [];
  const analysis = analysisOf(wrong);
  const finding = analysis?.findings.find(({ rule }) => rule === mistake.rule);
  const before = analysis ? [...healthy.findings, ...analysis.findings] : [];
  const trouble = finding ? troubleOf(wrong, before, finding) : null;
  return [{ mistake, config: wrong, isFound: finding !== undefined, trouble }];
}

function troubleOf(config: Config, before: readonly Finding[], { rule, fixes }: Finding): string | null {
  const fix = fixes.find(({ preferred }) => preferred) ?? fixes[0];
  if (!fix || fix.uri !== undefined) return null;
  const after = analysisOf({ ...config, text: applyEdits(config.text, fix.edits) })?.findings;
  if (!after) return `"${fix.title}" leaves no config`;
  // The mistake may have hidden what is wrong with the config besides.
  if (after.filter((found) => found.rule === rule).length >= before.filter((found) => found.rule === rule).length)
    return `"${fix.title}" leaves the finding`;
  const brought = after.find((found) => !before.some((known) => known.rule === found.rule));
  return brought ? `"${fix.title}" brings ${brought.severity} ${brought.rule}` : null;
}

function analysisOf({ text, options }: Config): Analysis | null {
  return analyze(text, { format: "yaml", catalogue, ...options });
}

function isConfig(planted: readonly TextEdit[] | Config): planted is Config {
  return "text" in planted;
}

/** Outcomes of one rule. */
export interface Tally {
  readonly planted: number;
  readonly found: number;
  readonly fixed: number;
}

export function tallyByRule(outcomes: readonly Outcome[]): ReadonlyMap<string, Tally> {
  const tallies = new Map<string, Tally>();
  for (const { mistake, isFound, trouble } of outcomes) {
    const { planted, found, fixed } = tallies.get(mistake.rule) ?? { planted: 0, found: 0, fixed: 0 };
    tallies.set(mistake.rule, {
      planted: planted + 1,
      found: found + (isFound ? 1 : 0),
      fixed: fixed + (isFound && trouble === null ? 1 : 0),
    });
  }
  return tallies;
}
