/**
 * A formula as papers write it: `P·½·(1 + cos(π·x)), x = (k − W)/(T − W)`. `k` is the update, counted from 0; what other symbols
 * stand for is said behind commas or given with the formula.
 */
export interface Formula {
  readonly value: Expression;
  /** What the formula itself says of its symbols; each may use those that come after it. */
  readonly where: ReadonlyMap<string, Expression>;
}

export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "symbol"; readonly name: string }
  | { readonly kind: "negative"; readonly of: Expression }
  | { readonly kind: "operation"; readonly operator: Operator; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "call"; readonly name: FunctionName; readonly parameters: readonly Expression[] };

export type Operator = "+" | "−" | "·" | "/" | "^";

export type FunctionName = keyof typeof functions;

export type Symbols = Readonly<Record<string, number>>;

const functions = {
  max: Math.max,
  min: Math.min,
  cos: Math.cos,
  exp: Math.exp,
  log: Math.log,
  floor: Math.floor,
  ceil: Math.ceil,
  "√": Math.sqrt,
  /** What is left of `a` after as many `b` as there are in it. */
  mod: (a: number, b: number) => a % b,
  /** To the nearest number of 32 bits. */
  float32: Math.fround,
};

const operations: Readonly<Record<Operator, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "−": (a, b) => a - b,
  "·": (a, b) => a * b,
  "/": (a, b) => a / b,
  "^": (a, b) => a ** b,
};

const read = new Map<string, Formula>();

/** The formulas are part of the code, so that there are only so many; a text that is none is a mistake there. */
export function formulaOf(text: string): Formula {
  const known = read.get(text);
  if (known) return known;
  const formula = parseFormula(text);
  read.set(text, formula);
  return formula;
}

export function parseFormula(text: string): Formula {
  const tokens = text.match(/\d+(?:\.\d+)?|[\p{L}_][\p{L}\d_]*|[^\s]/gu) ?? [];
  let next = 0;
  const take = (token: string): boolean => {
    if (tokens[next] !== token) return false;
    next++;
    return true;
  };
  const expect = (token: string): void => {
    if (!take(token)) throw new Error(`"${token}" is missing before "${tokens[next] ?? ""}" in ${text}`);
  };

  const leftToRight = (operand: () => Expression, ...operators: readonly Operator[]): Expression => {
    let left = operand();
    for (;;) {
      const operator = operators.find(take);
      if (!operator) return left;
      left = { kind: "operation", operator, left, right: operand() };
    }
  };
  const sum = (): Expression => leftToRight(product, "+", "−");
  const product = (): Expression => leftToRight(signed, "·", "/");
  const signed = (): Expression => (take("−") ? { kind: "negative", of: signed() } : power());
  const power = (): Expression => {
    const left = operand();
    return take("^") ? { kind: "operation", operator: "^", left, right: signed() } : left;
  };
  const operand = (): Expression => {
    const token = tokens[next++] ?? "";
    if (token === "½") return { kind: "number", value: 0.5 };
    if (/^\d/.test(token)) return { kind: "number", value: Number(token) };
    if (token === "(") {
      const inner = sum();
      expect(")");
      return inner;
    }
    if (token === "√") return { kind: "call", name: "√", parameters: [operand()] };
    if (!/^[\p{L}_]/u.test(token)) throw new Error(`"${token}" cannot begin a value in ${text}`);
    if (!isFunction(token)) return { kind: "symbol", name: token };
    expect("(");
    const parameters = [sum()];
    while (take(",")) parameters.push(sum());
    expect(")");
    return { kind: "call", name: token, parameters };
  };

  const value = sum();
  const where = new Map<string, Expression>();
  while (take(",")) {
    const name = tokens[next++] ?? "";
    expect("=");
    where.set(name, sum());
  }
  if (next < tokens.length) throw new Error(`"${tokens[next]}" follows the end of ${text}`);
  return { value, where };
}

function isFunction(name: string): name is FunctionName {
  return Object.hasOwn(functions, name);
}

/** The formula as a function of the update. */
export function compile({ value, where }: Formula, symbols: Symbols): (k: number) => number {
  const compiled = new Map<string, Compiled>();
  const named = (name: string): Compiled => {
    if (name === "k") return (k) => k;
    if (name === "π") return Math.PI;
    const definition = where.get(name);
    if (!definition) return symbols[name] ?? Number.NaN;
    const own = compiled.get(name) ?? of(definition);
    compiled.set(name, own);
    return own;
  };
  const of = (expression: Expression): Compiled => {
    switch (expression.kind) {
      case "number":
        return expression.value;
      case "symbol":
        return named(expression.name);
      case "negative":
        return applied((a) => -a, [of(expression.of)]);
      case "operation":
        return applied(operations[expression.operator], [of(expression.left), of(expression.right)]);
      case "call":
        return applied(functions[expression.name], expression.parameters.map(of));
    }
  };
  const whole = of(value);
  return typeof whole === "number" ? () => whole : whole;
}

/** A number where no update changes it. */
type Compiled = number | ((k: number) => number);

function applied(operation: (...values: number[]) => number, operands: readonly Compiled[]): Compiled {
  const [a = 0, b = 0] = operands;
  if (operands.every((operand) => typeof operand === "number")) return operation(...operands);
  if (operands.length === 1 && typeof a === "function") return (k) => operation(a(k));
  if (operands.length === 2) {
    if (typeof a === "number" && typeof b === "function") return (k) => operation(a, b(k));
    if (typeof a === "function" && typeof b === "number") return (k) => operation(a(k), b);
    if (typeof a === "function" && typeof b === "function") return (k) => operation(a(k), b(k));
  }
  return (k) => operation(...operands.map((operand) => (typeof operand === "number" ? operand : operand(k))));
}
