import { type Answer, known, missing } from "../answer.ts";
import { t } from "../language.ts";

/**
 * Those of `texts` that match a Python regular expression as `re.fullmatch` reads it. Works with sets of positions instead
 * of backtracking, and gives up after a bounded number of steps. Backreferences and lookbehinds are refused.
 */
export function textsMatching(pattern: string, texts: readonly string[]): Answer<ReadonlySet<string>> {
  if (pattern.length > longest) return missing(t`the pattern is longer than ${longest} characters`);
  const parser = new Parser(pattern);
  const node = parser.alternatives();
  if (parser.problem !== null) return missing(t`the pattern cannot be read: ${parser.problem}`);
  if (!parser.atEnd) return missing(t`the pattern cannot be read: a bracket is closed that was never opened`);
  const work = { steps: 0 };
  const matching = texts.filter((text) => ends(node, { text, work }, new Set([0])).has(text.length));
  return work.steps > mostSteps ? missing(t`the pattern takes too long to match`) : known(new Set(matching));
}

const longest = 1000;

/** Positions looked at for all texts: ten times what a pattern takes that somebody wrote for a thousand modules. */
const mostSteps = 2e6;

type Node =
  | { readonly kind: "character"; readonly matches: (character: string) => boolean }
  | { readonly kind: "sequence"; readonly nodes: readonly Node[] }
  | { readonly kind: "choice"; readonly nodes: readonly Node[] }
  | { readonly kind: "repeat"; readonly node: Node; readonly least: number; readonly most: number }
  | { readonly kind: "look"; readonly node: Node; readonly wanted: boolean }
  | { readonly kind: "start" | "end" | "boundary" };

interface Search {
  readonly text: string;
  readonly work: { steps: number };
}

type Positions = ReadonlySet<number>;

/** Where matches of `node` end that begin at one of `starts`. */
function ends(node: Node, search: Search, starts: Positions): Positions {
  const { text, work } = search;
  work.steps += starts.size;
  if (starts.size === 0 || work.steps > mostSteps) return new Set();
  switch (node.kind) {
    case "character":
      return new Set(those(starts, (at) => at < text.length && node.matches(text.charAt(at))).map((at) => at + 1));
    case "sequence":
      return node.nodes.reduce((positions, part) => ends(part, search, positions), starts);
    case "choice":
      return new Set(node.nodes.flatMap((part) => [...ends(part, search, starts)]));
    case "repeat":
      return repeated(node, search, starts);
    case "look":
      return new Set(those(starts, (at) => ends(node.node, search, new Set([at])).size > 0 === node.wanted));
    case "start":
      return new Set(those(starts, (at) => at === 0));
    case "end":
      return new Set(those(starts, (at) => at === text.length));
    case "boundary":
      return new Set(those(starts, (at) => isWord(text.charAt(at - 1)) !== isWord(text.charAt(at))));
  }
}

function those(positions: Positions, wanted: (at: number) => boolean): number[] {
  return [...positions].filter(wanted);
}

/** Repeats that come to no new position are left out: they would go on from where others have been. */
function repeated(
  { node, least, most }: Extract<Node, { kind: "repeat" }>,
  search: Search,
  starts: Positions,
): Positions {
  const all = new Set(least === 0 ? starts : []);
  let positions = starts;
  for (let count = 1; count <= most && positions.size > 0; count++) {
    const next = ends(node, search, positions);
    positions = count < least ? next : new Set(those(next, (at) => !all.has(at)));
    if (count >= least) for (const at of positions) all.add(at);
  }
  return all;
}

function isWord(character: string): boolean {
  return /^\w$/.test(character);
}

/** Reads a pattern from left to right; `problem` says why it could not. */
class Parser {
  problem: string | null = null;
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  get atEnd(): boolean {
    return this.#at >= this.#pattern.length;
  }

  alternatives(): Node {
    const nodes = [this.#sequence()];
    while (this.#take("|")) nodes.push(this.#sequence());
    return { kind: "choice", nodes };
  }

  #sequence(): Node {
    const nodes: Node[] = [];
    while (!this.atEnd && this.problem === null && this.#next !== "|" && this.#next !== ")") {
      nodes.push(this.#quantified(this.#atom()));
    }
    return { kind: "sequence", nodes };
  }

  #quantified(node: Node): Node {
    const quantifier = /^(?:[*+?]|\{(\d{0,3})(,?)(\d{0,3})\})[?+]?/.exec(this.#rest);
    if (!quantifier || quantifier[0] === "{}" || quantifier[0] === "{,}") return node;
    this.#at += quantifier[0].length;
    const [text, least = "", comma = "", most = ""] = quantifier;
    const bounds = { "*": [0, Infinity], "+": [1, Infinity], "?": [0, 1] }[text.charAt(0)];
    const from = bounds?.[0] ?? Number(least);
    const to = bounds?.[1] ?? (comma === "" ? from : most === "" ? Infinity : Number(most));
    return this.#quantified({ kind: "repeat", node, least: from, most: to });
  }

  #atom(): Node {
    if (this.#take("(")) return this.#group();
    if (this.#take("[")) return this.#characterClass();
    if (this.#take("\\")) return this.#escape();
    const character = this.#next;
    this.#at++;
    if (character === "^") return { kind: "start" };
    if (character === "$") return { kind: "end" };
    if (/[*+?]/.test(character)) return this.#fail(t`nothing to repeat`);
    return { kind: "character", matches: (letter) => (character === "." ? letter !== "\n" : letter === character) };
  }

  #group(): Node {
    const opening = /^\?(?:[:=!]|P?<[A-Za-z_]\w*>)/.exec(this.#rest)?.[0] ?? "";
    if (opening === "" && this.#next === "?") return this.#fail(t`"(${this.#rest.slice(0, 3)}" is not understood`);
    this.#at += opening.length;
    const node = this.alternatives();
    if (!this.#take(")")) return this.#fail(t`a bracket is not closed`);
    if (opening === "?=" || opening === "?!") return { kind: "look", node, wanted: opening === "?=" };
    return node;
  }

  #characterClass(): Node {
    const body = /^\^?\]?(?:\\.|[^\]\\])*\]/.exec(this.#rest)?.[0];
    if (body === undefined) return this.#fail(t`a bracket is not closed`);
    this.#at += body.length;
    return this.#single(`[${body.replace(/^(\^?)\]/, "$1\\]").replace(/(?<!^|^\^)\[/g, "\\[")}`);
  }

  #escape(): Node {
    const letter = this.#next;
    this.#at++;
    if (letter === "") return this.#fail(t`it ends in a backslash`);
    if (letter === "b") return { kind: "boundary" };
    if (letter === "A") return { kind: "start" };
    if (letter === "Z" || letter === "z") return { kind: "end" };
    if (/[dDwWsS]/.test(letter)) return this.#single(`\\${letter}`);
    if (/[a-zA-Z0-9]/.test(letter)) return this.#fail(t`"\\${letter}" is not understood`);
    return { kind: "character", matches: (character) => character === letter };
  }

  /** One character by a class of JavaScript's, which is one of Python's. */
  #single(source: string): Node {
    try {
      const expression = new RegExp(`^${source}$`);
      return { kind: "character", matches: (character) => expression.test(character) };
    } catch {
      return this.#fail(t`${source} is no set of characters`);
    }
  }

  get #next(): string {
    return this.#pattern.charAt(this.#at);
  }

  get #rest(): string {
    return this.#pattern.slice(this.#at);
  }

  #take(character: string): boolean {
    if (this.#next !== character) return false;
    this.#at++;
    return true;
  }

  #fail(problem: string): Node {
    this.problem ??= problem;
    this.#at = this.#pattern.length;
    return { kind: "end" };
  }
}
