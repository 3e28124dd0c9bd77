import { parse } from "acorn";
import { isNode, nodesIn } from "./syntax.mjs";

/** Objects of the language whose functions may be called by another name. */
const builtIn = new Set(["Array", "Math", "Number", "Object"]);

/** Characters of `name=…,` around what is shared. */
const around = 2;

/**
 * The code of a bundle with one variable for each text, for `null`, and for each function of the language's own objects, that it has so
 * often that it gets shorter.
 * @param {string} code that has all of them in one function
 */
export function withShared(code) {
  const body = longestBody(parse(code, { ecmaVersion: "latest" }));
  const start = body[0]?.start ?? 0;
  /** @type {Map<string, { start: number, end: number }[]>} */
  const places = new Map();
  for (const place of sharable(body)) {
    const text = code.slice(place.start, place.end);
    const known = places.get(text);
    if (known) known.push(place);
    else places.set(text, [place]);
  }
  const names = freeNames(new Set(code.match(/[\w$]+/g)));
  let name = names.next().value;
  const declared = [];
  const changes = [];
  // The shortest names for what is there most often.
  for (const [text, found] of [...places].sort(([, a], [, b]) => b.length - a.length)) {
    if (!name || (text.length - name.length) * found.length <= text.length + name.length + around) continue;
    declared.push(`${name}=${text}`);
    for (const place of found) changes.push({ ...place, name });
    name = names.next().value;
  }
  let result = `${code.slice(0, start)}const ${declared.join(",")};`;
  let copied = start;
  for (const { start, end, name } of changes.sort((a, b) => a.start - b.start)) {
    // `return"a"` has no blank, and `return $aa` needs one.
    const blank = /[\w$]/.test(code[start - 1] ?? "") ? " " : "";
    result += code.slice(copied, start) + blank + name + (/[\w$]/.test(code[end] ?? "") ? " " : "");
    copied = end;
  }
  return result + code.slice(copied);
}

/**
 * The statements of the function with the most code.
 * @param {unknown} node
 * @returns {readonly any[]}
 */
function longestBody(node) {
  const blocks = [...nodesIn(node)].filter(({ type }) => type === "BlockStatement");
  const length = (/** @type {any} */ block) => block.end - block.start;
  return blocks.reduce((most, block) => (length(block) > length(most) ? block : most)).body;
}

/**
 * Texts that are values, and functions of the language's own objects.
 * @param {unknown} node
 * @param {any} [parent]
 * @returns {Generator<{ readonly start: number, readonly end: number }>}
 */
function* sharable(node, parent) {
  if (Array.isArray(node)) for (const part of node) yield* sharable(part, parent);
  if (!isNode(node)) return;
  /** @type {any} */
  const { type, value, regex, object, computed, start, end } = node;
  if (type === "Literal" && (typeof value === "string" || (value === null && !regex))) {
    if (!isKey(node, parent) && !isType(parent)) yield { start, end };
  } else if (type === "MemberExpression" && object.type === "Identifier" && builtIn.has(object.name) && !computed) {
    yield { start, end };
  } else for (const [name, part] of Object.entries(node)) if (name !== "type") yield* sharable(part, node);
}

/**
 * @param {any} node
 * @param {any} parent
 */
function isKey(node, parent) {
  return (
    (parent?.type === "Property" || parent?.type === "PropertyDefinition") && parent.key === node && !parent.computed
  );
}

/** Whether it is the name of a type, which engines know best where it stands. */
function isType(/** @type {any} */ parent) {
  return (
    parent?.type === "BinaryExpression" && [parent.left, parent.right].some(({ operator }) => operator === "typeof")
  );
}

/**
 * Names of two and three characters that a text does not have.
 * @param {ReadonlySet<string>} taken
 */
function* freeNames(taken) {
  const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  for (const start of ["$", "_", ...letters.map((letter) => `$${letter}`)]) {
    for (const letter of letters) if (!taken.has(start + letter)) yield start + letter;
  }
}
