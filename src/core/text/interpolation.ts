import { type ConfigNode, entryAt, type MapNode, type Scalar, type ScalarNode } from "./document.ts";
import { numberFrom } from "./scalar.ts";

/** Longer chains of references than this do not occur; a cycle would be endless. */
const deepest = 16;

/** References that a value may lead to in all: a few that repeat each other would be endless too. */
const mostReferences = 1000;

/** The mappings around a value, from the root of the document to the one that holds it. */
export type Ancestors = readonly MapNode[];

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
  return resolve(node, { ancestors, work: { references: 0 } }, 0);
}

/** The node that a scalar is nothing but a reference to, through any number of references; itself for all others. */
export function definitionOf(node: ConfigNode, ancestors: Ancestors): ConfigNode {
  let current = node;
  for (let depth = 0; depth < deepest; depth++) {
    if (current.kind !== "scalar") return current;
    const path = /^\$\{([\w.-]+)\}$/.exec(current.source)?.[1];
    const target = path === undefined ? undefined : nodeAt(path, ancestors);
    if (!target) return current;
    current = target;
  }
  return node;
}

/** Where references lead, and how many were followed. */
interface Search {
  readonly ancestors: Ancestors;
  readonly work: { references: number };
}

function resolve(node: ScalarNode, search: Search, depth: number): Scalar | undefined {
  if (node.source === "???" || depth > deepest) return undefined;
  if (!node.source.includes("${")) return node.value;
  return substitute(node.source, search, depth);
}

/** `text` with its references replaced; a text that is one reference keeps the type of what it refers to. */
function substitute(text: string, search: Search, depth: number): Scalar | undefined {
  let result = "";
  for (let at = 0; at < text.length; ) {
    const start = text.indexOf("${", at);
    if (start < 0) return result + text.slice(at);
    const end = closing(text, start + 2);
    if (end < 0) return undefined;
    const value = evaluate(text.slice(start + 2, end), search, depth + 1);
    if (value === undefined || (start === 0 && end === text.length - 1)) return value;
    result += text.slice(at, start) + String(value ?? "");
    at = end + 1;
  }
  return result;
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

function evaluate(inside: string, search: Search, depth: number): Scalar | undefined {
  if (depth > deepest || ++search.work.references > mostReferences) return undefined;
  const reference = inside.trim();
  const call = /^([a-zA-Z_][\w.]*):(.*)$/s.exec(reference);
  if (call) return callResolver(call[1] ?? "", splitArguments(call[2] ?? ""), search, depth);
  const target = nodeAt(reference, search.ancestors);
  return target?.kind === "scalar" ? resolve(target, search, depth) : undefined;
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

function callResolver(name: string, parts: readonly string[], search: Search, depth: number): Scalar | undefined {
  if (name === "oc.select") {
    const [path = "", otherwise] = parts;
    const target = nodeAt(path, search.ancestors);
    if (target?.kind === "scalar") return resolve(target, search, depth);
    return otherwise === undefined ? undefined : literal(otherwise, search, depth);
  }
  const operation = Object.hasOwn(arithmetic, name) ? arithmetic[name] : undefined;
  const numbers = parts.map((part) => literal(part, search, depth));
  if (!operation || numbers.length < 2 || !numbers.every((value) => typeof value === "number")) return undefined;
  return numbers.reduce((a, b) => operation(a, b));
}

/** An argument: a number, a reference, or text. */
function literal(text: string, search: Search, depth: number): Scalar | undefined {
  const value = text.includes("${") ? substitute(text, search, depth) : text;
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
function nodeAt(path: string, ancestors: Ancestors): ConfigNode | undefined {
  const dots = /^\.*/.exec(path)?.[0].length ?? 0;
  const base = dots === 0 ? ancestors[0] : ancestors[ancestors.length - dots];
  return base && entryAt(base, path.slice(dots))?.value;
}
