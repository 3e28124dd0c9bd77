import { t } from "../language.ts";
import { compile, formulaOf, type Symbols } from "./formula.ts";

/** The learning rate that optimizer update `step`, counted from zero, applies. */
export type Rate = (step: number) => number;

/** What a learning rate does over a run: one formula after the other. */
export interface Course {
  /** In order; each begins where the one before it ends, the first at update 0, and the last one goes on for ever. */
  readonly pieces: readonly Piece[];
  /** What the formulas' symbols stand for. */
  readonly symbols: Symbols;
  /** What one would not expect from the schedule's name, each a clause in plain words. */
  readonly surprises?: readonly string[];
  /**
   * What a parameter group with a peak of its own gets: the same share of its peak (as torch's LambdaLR has it) where absent, a
   * course of its own, or the same rate as all others.
   */
  readonly groups?: "own" | "same";
  /** The settings of the request that bend nothing; there are none where absent. */
  readonly ignored?: readonly string[];
}

/** A stretch of a course. */
export interface Piece {
  readonly phase: PhaseName;
  /** The first update after it; may be a fraction, and lie before its beginning: then it never runs. */
  readonly to: number;
  /** In k for the update and symbols; P is the peak, W the warmup, T all updates. */
  readonly formula: string;
  /** Symbols of this stretch alone. */
  readonly symbols?: Symbols;
}

export type PhaseName = "warmup" | "stable" | "decay" | "cycle" | "cooldown" | "floor" | "rise";

/** Cycles beyond these are not told apart. */
export const mostCycles = 1000;

/** The end of what goes on. */
export const forever = Number.POSITIVE_INFINITY;

export function piece(phase: PhaseName, to: number, formula: string, symbols?: Symbols): Piece {
  return { phase, to, formula, ...(symbols && { symbols }) };
}

/** Cycles of one formula, each with its `start` and `length`: the first one, and then as long as `next` makes of the last. */
export function cyclesOf(
  formula: string,
  total: number,
  first: number,
  next: (length: number) => number,
): readonly Piece[] {
  const pieces: Piece[] = [];
  let [start, length] = [0, first];
  while (start <= total && pieces.length < mostCycles) {
    pieces.push(piece("cycle", start + length, formula, { start, length }));
    start += length;
    length = next(length);
  }
  return pieces;
}

/** A stretch of updates: `from` is its first, `to` the first after it. */
export interface Phase {
  readonly name: PhaseName;
  readonly from: number;
  readonly to: number;
}

/** The phases of a course that last any time; cycles are told apart, other phases of the same name are one. */
export function phasesOf({ pieces }: Course): readonly Phase[] {
  const phases: Phase[] = [];
  let from = 0;
  for (const { phase: name, to } of pieces) {
    if (!(to > from)) continue;
    const before = phases.at(-1);
    if (before?.name === name && name !== "cycle") phases[phases.length - 1] = { ...before, to };
    else phases.push({ name, from, to });
    from = to;
  }
  return phases;
}

/** The rate as a function of the update. */
export function rateAlong({ pieces, symbols }: Course): Rate {
  const runs = stretchesOf(pieces).map(({ to, formula, symbols: own }) => ({
    to,
    rate: compile(formulaOf(formula), own ? { ...symbols, ...own } : symbols),
  }));
  return (k) => {
    for (const { to, rate } of runs) if (k < to) return rate(k);
    return Number.NaN;
  };
}

/** The pieces that ever run; those with the same formula one after the other are one. */
export function stretchesOf(pieces: readonly Piece[]): readonly Piece[] {
  const stretches: Piece[] = [];
  let from = 0;
  for (const piece of pieces) {
    if (!(piece.to > from)) continue;
    from = piece.to;
    const before = stretches.at(-1);
    const goesOn = before?.formula === piece.formula && before.symbols === piece.symbols;
    if (goesOn) stretches[stretches.length - 1] = { ...before, to: piece.to };
    else stretches.push(piece);
  }
  return stretches;
}

/** Formulas beyond these are left out of a line of text. */
const mostFormulas = 5;

/**
 * The formulas of a run of `total` updates as a line of text: `P·k/W in warmup, then P·(T − k)/(T − W)`. Symbols that are those of
 * one stretch alone are numbers there.
 */
export function formulaText({ pieces }: Course, total: number): string {
  const stretches = stretchesOf(pieces);
  const running = stretches.filter((_, index) => (stretches[index - 1]?.to ?? 0) < total);
  const formulas = running.flatMap(({ phase, formula, symbols = {} }, index) => {
    if (formula === running[index - 1]?.formula) return [];
    const repeats = formula === running[index + 1]?.formula;
    const text = repeats ? formula : withNumbers(formula, symbols);
    return [phase === "warmup" ? t`${text} in warmup` : text];
  });
  const rest = formulas.length > mostFormulas ? t`, and so on` : "";
  return `${formulas.slice(0, mostFormulas).join(t`, then `)}${rest}`;
}

/** The symbols that a line of formulas has, with what they stand for. */
export function symbolsIn(text: string, { symbols }: Course): Symbols {
  const names = new Set(text.match(/[\p{L}_][\p{L}\d_]*/gu));
  return Object.fromEntries(Object.entries(symbols).filter(([name]) => names.has(name)));
}

function withNumbers(formula: string, symbols: Symbols): string {
  return formula.replace(/[\p{L}_][\p{L}\d_]*/gu, (name) => {
    const value = symbols[name];
    return value === undefined ? name : String(Number(value.toPrecision(6)));
  });
}

/** Updates over which a course warms up, as its framework counts them. */
export function warmupOf(course: Course): number {
  const [first] = phasesOf(course);
  return first?.name === "warmup" ? (course.symbols["W"] ?? first.to) : 0;
}

/** The pieces of a course that begins at update `begin` and ends before `end`, with its symbols. */
export function delayed({ pieces, symbols }: Course, begin: number, end = forever): readonly Piece[] {
  return pieces.map((own) => ({
    phase: own.phase,
    to: Math.min(end, begin + own.to),
    formula: begin === 0 ? own.formula : own.formula.replace(/\bk\b/g, "(k − begin)"),
    symbols: { ...symbols, ...own.symbols, ...(begin === 0 ? {} : { begin }) },
  }));
}
