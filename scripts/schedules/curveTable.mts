import type { Argument } from "../../src/core/plan/plan.ts";
import { type Course, type Piece, rateAlong, stretchesOf } from "../../src/core/schedule/course.ts";
import { courseOf } from "../../src/core/schedule/families.ts";
import type { Symbols } from "../../src/core/schedule/formula.ts";
import { formatRate } from "../../src/core/units.ts";
import type { Table } from "../accuracy/report.mts";
import { type Asked, families, type PlottedFamily, requestFor, run } from "./requests.mts";
import { settingsTaken } from "./settingsTaken.mts";

/** The settings that a scheduler takes, with their defaults. */
type Taken = ReadonlyMap<string, Argument | undefined>;

/** A family's schedulers with their settings, their formulas and the rates at both ends of the run of all tables, and what to know. */
export function curveTable(family: PlottedFamily): Table {
  const head = ["Scheduler and settings", "Rate of update k", "To know"];
  return [head, ...families[family].map((asked) => rowOf(family, asked))];
}

function rowOf(family: PlottedFamily, asked: Asked): readonly string[] {
  const taken = takenBy(asked);
  const answer = courseOf(family, requestFor(asked));
  if (answer.value === null) return [nameText(family, asked, taken, {}), "–", sentence(answer.reason)];
  const course = answer.value;
  const surprises = (course.surprises ?? []).map(sentence);
  return [
    nameText(family, asked, taken, course.symbols),
    lines([...formulaLines(course, taken), ...symbolLine(course, taken), endsText(course)]),
    surprises.length === 0 ? "–" : lines(surprises),
  ];
}

/** The name, the settings that it is asked for with, and the others that it takes. */
function nameText(family: PlottedFamily, asked: Asked, taken: Taken, symbols: Symbols): string {
  const given = Object.entries(asked.settings).map(([name, value]) => {
    return `${code(`${name}: ${valueText(value)}`)}${isNeeded(name, family, asked) ? ", needed" : ""}`;
  });
  const others = [...taken].filter(([name]) => !Object.hasOwn(asked.settings, name));
  const texts = others.map(([name, otherwise]) => {
    const value = otherwise ?? symbols[name];
    return [code(name), ...(value === undefined ? [] : [defaultText(value, asked.settings)])].join(" ");
  });
  const takes = given.length > 0 ? "also takes" : "takes";
  return lines([code(asked.name), ...given, ...(texts.length > 0 ? [`${takes} ${texts.join(", ")}`] : [])]);
}

/** Whether the run does not start without a setting that is given, or its curve cannot be told. */
function isNeeded(name: string, family: PlottedFamily, asked: Asked): boolean {
  const others = Object.entries(asked.settings).filter(([other]) => other !== name);
  return courseOf(family, requestFor({ ...asked, settings: Object.fromEntries(others) })).value === null;
}

function endsText(course: Course): string {
  const rate = rateAlong(course);
  return `first ${formatRate(rate(0))}, last ${formatRate(rate(run.total - 1))}`;
}

function takenBy(asked: Asked): Taken {
  const taken = asked.scheduler ? settingsTaken(asked.scheduler, requestFor(asked)) : new Map<string, undefined>();
  return new Map([...taken].filter(([name]) => !asked.unused?.includes(name)));
}

/** One formula after the other, each but the last with the last update that it is applied to. */
function formulaLines(course: Course, taken: Taken): readonly string[] {
  const stretches = running(course);
  return stretches.map(({ formula, to, phase, symbols = {} }, index) => {
    const repeats = formula === stretches[index - 1]?.formula;
    const values = Object.entries(symbols).filter(
      ([name, value]) =>
        namesIn(formula).has(name) && !shared.has(name) && !taken.has(name) && course.symbols[name] !== value,
    );
    const where = values.length === 0 ? "" : `${phase === "cycle" ? ", at first" : ","} ${valuesText(values)}`;
    const text = `${repeats ? "the same" : code(formula)}${where}`;
    if (index < stretches.length - 1) return `k ≤ ${Math.ceil(to) - 1}: ${text}`;
    return index === 0 ? text : `then ${text}`;
  });
}

/** The stretches that begin before the run ends; those alike are one, and so are cycles, with the symbols of the first. */
function running({ pieces }: Course): readonly Piece[] {
  const stretches: Piece[] = [];
  for (const stretch of stretchesOf(pieces)) {
    const before = stretches.at(-1);
    if (before && before.to >= run.total) break;
    const alike = JSON.stringify(stretch.symbols) === JSON.stringify(before?.symbols);
    if (stretch.formula === before?.formula && (alike || stretch.phase === "cycle"))
      stretches[stretches.length - 1] = { ...before, to: stretch.to };
    else stretches.push(stretch);
  }
  return stretches;
}

/** The values of the symbols of all stretches that are neither settings nor the same in all rows. */
function symbolLine(course: Course, taken: Taken): readonly string[] {
  const values = ownSymbols(course, taken).filter(([name]) => Object.hasOwn(course.symbols, name));
  return values.length === 0 ? [] : [valuesText(values)];
}

function ownSymbols(course: Course, taken: Taken): readonly (readonly [name: string, value: number])[] {
  const stretches = running(course);
  const all = [course.symbols, ...stretches.map(({ symbols = {} }) => symbols)].flatMap(Object.entries<number>);
  const names = new Set(stretches.flatMap(({ formula }) => [...namesIn(formula)]));
  return [...new Map(all)].filter(([name, value]) => names.has(name) && !taken.has(name) && shared.get(name) !== value);
}

const shared: ReadonlyMap<string, number> = new Map([
  ["P", run.peak],
  ["W", run.warmup],
  ["T", run.total],
]);

/** The symbols in a family's formulas that are neither settings nor those of every table. */
export function symbolsToExplain(family: PlottedFamily): ReadonlySet<string> {
  const names = families[family].flatMap((asked) => {
    const { value: course } = courseOf(family, requestFor(asked));
    return course ? ownSymbols(course, takenBy(asked)).map(([name]) => name) : [];
  });
  return new Set(names.filter((name) => !shared.has(name)));
}

function namesIn(formula: string): ReadonlySet<string> {
  return new Set(formula.match(/[\p{L}_][\p{L}\d_]*/gu));
}

/** A default that follows from the run or from another setting is told by its name. */
function defaultText(value: Argument, given: Asked["settings"]): string {
  const { peak, warmup, total } = run;
  const derived = new Map<Argument, string>([
    [peak, "P"],
    [peak * 0.1, "0.1·P"],
    [warmup, "W"],
    [total, "T"],
    [`${total}ba`, "T"],
    [warmup / total, "W/T"],
    ...Object.entries(given).map(([name, set]) => [set, `as ${code(name)}`] as const),
  ]);
  return derived.get(value) ?? valueText(value);
}

function valuesText(values: readonly (readonly [name: string, value: number])[]): string {
  return values.map(([name, value]) => `${code(name)} = ${valueText(value)}`).join(", ");
}

/** A value as YAML would have it in a line; numbers as they are spoken of. */
function valueText(value: Argument): string {
  if (typeof value === "number") {
    return Math.abs(value) < 0.001 ? formatRate(value) : String(Number(value.toPrecision(4)));
  }
  return typeof value === "object" ? JSON.stringify(value).replaceAll('"', "").replaceAll(/[,:]/g, "$& ") : `${value}`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function lines(parts: readonly string[]): string {
  return parts.join("<br>");
}

function sentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}
