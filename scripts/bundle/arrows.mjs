import { parse } from "acorn";
import { nodesIn } from "./syntax.mjs";

/**
 * The code of a bundle with its own functions as arrows, which are shorter, in front of everything that runs, as functions are.
 * @param {string} code that has all of them in one function without parameters
 */
export function withArrows(code) {
  const body = largestBody(parse(code, { ecmaVersion: "latest" }));
  const made = new Set(constructed(body));
  const functions = body.filter((node) => isPlain(node) && !made.has(node.id.name));
  const arrows = functions.map((node) => `${node.id.name}=${arrowOf(code, node)}`);
  const start = body[0]?.start ?? 0;
  let rest = "";
  let copied = start;
  for (const node of functions) {
    rest += code.slice(copied, node.start);
    copied = node.end;
  }
  return `${code.slice(0, start)}var ${arrows.join(",")};${rest}${code.slice(copied)}`;
}

/**
 * The statements of the function with the most of them.
 * @param {unknown} node
 * @returns {readonly any[]}
 */
function largestBody(node) {
  const bodies = [...nodesIn(node)].flatMap((found) => (found.type === "BlockStatement" ? [found.body] : []));
  return bodies.reduce((most, body) => (body.length > most.length ? body : most), []);
}

/** Names of what is called with `new`. */
function* constructed(/** @type {unknown} */ node) {
  for (const found of nodesIn(node)) if (found.type === "NewExpression") yield found.callee.name;
}

/** Whether an arrow does the same: arrows have no `this` and no `arguments` of their own, and do not yield. */
function isPlain(/** @type {any} */ node) {
  if (node.type !== "FunctionDeclaration" || node.generator) return false;
  return ![...nodesIn(node)].some(({ type, name }) => type === "ThisExpression" || name === "arguments");
}

/**
 * @param {string} code
 * @param {any} node
 */
function arrowOf(code, { async, params, body }) {
  const text = (/** @type {any} */ { start, end }) => code.slice(start, end);
  const [first] = params;
  const list = params.length === 1 && first.type === "Identifier" ? text(first) : `(${params.map(text).join(",")})`;
  const [only] = body.body;
  const value = body.body.length === 1 && only.type === "ReturnStatement" ? only.argument : null;
  const result = value === null ? text(body) : /^[{]|,/.test(text(value)) ? `(${text(value)})` : text(value);
  return `${async ? "async " : ""}${list}=>${result}`;
}
