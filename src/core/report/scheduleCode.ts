import { type Course, type Piece, stretchesOf } from "../schedule/course.ts";
import { courseOf } from "../schedule/families.ts";
import { type Expression, type Formula, type FunctionName, formulaOf, type Operator } from "../schedule/formula.ts";
import type { LrSchedule } from "../schedule/lrSchedule.ts";

/**
 * The schedule as Python that makes torch's LambdaLR apply the same rates, with `description` at its head. The optimizer's
 * learning rate must be the peak. Empty for a schedule that cannot be told.
 */
export function scheduleCode(schedule: LrSchedule, description: string): string {
  const { value: course } = courseOf(schedule.family, schedule.request);
  if (!course) return "";
  const stretches = stretchesOf(course.pieces).map((piece, index, all) => stretchCode(piece, index === all.length - 1));
  const used = new Set(stretches.flatMap(({ symbols }) => [...symbols]));
  const constants = Object.entries(course.symbols).filter(([name]) => name !== "P" && used.has(name));
  return [
    `# ${description.replaceAll(/\s+/g, " ")}`,
    "import math",
    "from torch.optim.lr_scheduler import LambdaLR",
    "",
    `P = ${number(course.symbols["P"] ?? schedule.peak)}  # the optimizer's learning rate`,
    ...constants.map(([name, value]) => `${name} = ${number(value)}`),
    "",
    "",
    "def rate(k):",
    ...stretches.flatMap(({ lines }) => lines.map((line) => `    ${line}`)),
    "",
    "",
    schedulerCode(course),
    "",
  ].join("\n");
}

/** Where all parameter groups have the same rate, each needs a factor of its own. */
function schedulerCode({ groups }: Course): string {
  return groups === "same"
    ? 'scheduler = LambdaLR(optimizer, [lambda k, lr=group["lr"]: rate(k) / lr for group in optimizer.param_groups])'
    : "scheduler = LambdaLR(optimizer, lambda k: rate(k) / P)";
}

interface StretchCode {
  readonly lines: readonly string[];
  /** The course's symbols in it. */
  readonly symbols: ReadonlySet<string>;
}

/** What is returned for the updates of a stretch, behind a condition unless it is the last one. */
function stretchCode({ to, formula, symbols: own = {} }: Piece, isLast: boolean): StretchCode {
  const { value, where } = formulaOf(formula);
  const symbols = new Set<string>();
  const code = (expression: Expression) =>
    python(expression, (name) => {
      const value = own[name];
      if (value !== undefined && !where.has(name)) return number(value);
      if (!where.has(name)) symbols.add(name);
      return name;
    });
  const lines = [
    ...definitions({ value, where }).map(([name, inner]) => `${name} = ${code(inner)}`),
    `return ${code(value)}`,
  ];
  return { lines: isLast ? lines : [`if k < ${number(to)}:`, ...lines.map((line) => `    ${line}`)], symbols };
}

/** What a formula says of its symbols, in an order in which each uses those before it alone. */
function definitions({ where }: Formula): readonly (readonly [name: string, Expression])[] {
  return [...where].toReversed();
}

const precedence: Readonly<Record<Operator, number>> = { "+": 1, "−": 1, "·": 2, "/": 2, "^": 4 };
const operators: Readonly<Record<Operator, string>> = { "+": " + ", "−": " - ", "·": " * ", "/": " / ", "^": " ** " };

const functions: Readonly<Record<FunctionName, (...values: readonly string[]) => string>> = {
  max: (...values) => `max(${values.join(", ")})`,
  min: (...values) => `min(${values.join(", ")})`,
  cos: (value) => `math.cos(${value})`,
  exp: (value) => `math.exp(${value})`,
  log: (value) => `math.log(${value})`,
  floor: (value) => `math.floor(${value})`,
  ceil: (value) => `math.ceil(${value})`,
  "√": (value) => `math.sqrt(${value})`,
  mod: (a, b) => `math.fmod(${a}, ${b})`,
  float32: (value = "") => value,
};

/** An expression in Python, in parentheses where what is `around` binds more tightly. */
function python(expression: Expression, symbol: (name: string) => string, around = 0): string {
  switch (expression.kind) {
    case "number":
      return number(expression.value);
    case "symbol":
      return expression.name === "π" ? "math.pi" : expression.name === "k" ? "k" : symbol(expression.name);
    case "negative":
      return bracketed(`-${python(expression.of, symbol, 3)}`, around > 2);
    case "call":
      return functions[expression.name](...expression.parameters.map((value) => python(value, symbol)));
    case "operation": {
      const { operator, left, right } = expression;
      const own = precedence[operator];
      const [before, after] = operator === "^" ? [own + 1, own] : [own, own + 1];
      const text = `${python(left, symbol, before)}${operators[operator]}${python(right, symbol, after)}`;
      return bracketed(text, around > own);
    }
  }
}

function bracketed(text: string, needs: boolean): string {
  return needs ? `(${text})` : text;
}

function number(value: number): string {
  return Number.isFinite(value) ? String(value) : "math.inf";
}
