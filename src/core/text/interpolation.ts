import { named } from "../named.ts";
import { type Ancestors, type ConfigNode, type Found, foundAt, type Scalar, type ScalarNode } from "./document.ts";
import { numberFrom } from "./scalar.ts";

/** Longer chains of references than this do not occur; a cycle would be endless. */
const deepest = 16;

/** References that a value may lead to in all: a few that repeat each other would be endless too. */
const mostReferences = 1000;

/** Whether a scalar refers to another value, or is one that must be given elsewhere (`???`). */
export function isReference({ source }: ScalarNode): boolean {
  return source.includes("${") || source === "???";
}

/**
 * The value of a scalar with its references put in, as OmegaConf and Composer do it: `${a.b}` from the root, `${.b}` and
 * `${..b}` from the mapping itself and the one around it, `${mul:a,b}` and its like. Undefined where a reference leads out of
 * the file: to the environment, to nothing, or in a circle.
 */
export function resolveScalar(node: ScalarNode, ancestors: Ancestors): Scalar | undefined {
  return resolve(node, { ancestors, depth: 0, work: { references: 0 } });
}

/** The node that a scalar is nothing but a reference to, through any number of references; itself for all others. */
export function definitionOf(node: ConfigNode, ancestors: Ancestors): ConfigNode {
  let current = node;
  let around = ancestors;
  for (let depth = 0; depth <= deepest; depth++) {
    const path = current.kind === "scalar" ? /^\$\{([\w.-]+)\}$/.exec(current.source)?.[1] : undefined;
    const target = path === undefined ? undefined : referredTo(path, around);
    if (!target) return current;
    current = target.entry.value;
    around = target.ancestors;
  }
  return node;
}

/** What is around the value that is resolved, the references that led there, and those that were followed in all. */
interface Search {
  readonly ancestors: Ancestors;
  readonly depth: number;
  readonly work: { references: number };
}

function resolve(node: ScalarNode, search: Search): Scalar | undefined {
  if (node.source === "???") return undefined;
  return node.source.includes("${") ? substitute(node.source, search) : node.value;
}

/** `text` with its references replaced; a text that is one reference keeps the type of what it refers to. */
function substitute(text: string, search: Search): Scalar | undefined {
  let result = "";
  let at = 0;
  for (let start = text.indexOf("${"); start >= 0; start = text.indexOf("${", at)) {
    const end = closing(text, start + 2);
    if (end < 0) return undefined;
    const value = evaluate(text.slice(start + 2, end), { ...search, depth: search.depth + 1 });
    if (value === undefined || (start === 0 && end === text.length - 1)) return value;
    result += text.slice(at, start) + String(value ?? "");
    at = end + 1;
  }
  return result + text.slice(at);
}

/** The offset of the brace that closes the reference whose inside starts at `from`; -1 when there is none. */
function closing(text: string, from: number): number {
  let open = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === "{") open++;
    else if (text[at] === "}" && --open === 0) return at;
  }
  return -1;
}

function evaluate(inside: string, search: Search): Scalar | undefined {
  if (search.depth > deepest || ++search.work.references > mostReferences) return undefined;
  const reference = inside.trim();
  const call = /^([a-zA-Z_][\w.]*):(.*)/s.exec(reference);
  return call ? callResolver(call[1] ?? "", splitArguments(call[2] ?? ""), search) : valueAt(reference, search);
}

/** The scalar at a path, with its own references put in. */
function valueAt(path: string, search: Search): Scalar | undefined {
  const target = referredTo(path, search.ancestors);
  if (target?.entry.value.kind !== "scalar") return undefined;
  return resolve(target.entry.value, { ...search, ancestors: target.ancestors });
}

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  mul: (a, b) => a * b,
  multiply: (a, b) => a * b,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  div: (a, b) => Math.floor(a / b),
  max: Math.max,
  min: Math.min,
};

function callResolver(name: string, parts: readonly string[], search: Search): Scalar | undefined {
  if (name === "oc.select") {
    const [path = "", otherwise] = parts;
    const isThere = referredTo(path, search.ancestors)?.entry.value.kind === "scalar";
    return isThere || otherwise === undefined ? valueAt(path, search) : literal(otherwise, search);
  }
  const operation = named(arithmetic, name);
  const numbers = parts.map((part) => literal(part, search));
  if (!operation || numbers.length < 2 || !numbers.every((value) => typeof value === "number")) return undefined;
  return numbers.reduce((a, b) => operation(a, b));
}

/** An argument: a number, a reference, or text. */
function literal(text: string, search: Search): Scalar | undefined {
  const value = text.includes("${") ? substitute(text, search) : text;
  return typeof value === "string" ? (numberFrom(value) ?? value) : value;
}

/** The parts between the commas that stand in no nested reference. */
function splitArguments(text: string): readonly string[] {
  const parts: string[] = [];
  let open = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "{") open++;
    else if (text[at] === "}") open--;
    else if (text[at] === "," && open === 0) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  return [...parts, text.slice(start).trim()];
}

/** Each leading dot beyond the first goes one mapping up; without dots the path starts at the root. */
function referredTo(path: string, ancestors: Ancestors): Found | undefined {
  const keys = path.replace(/^\.+/, "");
  const dots = path.length - keys.length;
  return foundAt(ancestors.slice(0, dots === 0 ? 1 : Math.max(0, ancestors.length - dots + 1)), keys);
}
