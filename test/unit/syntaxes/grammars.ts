import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { loadWASM, OnigScanner, OnigString } from "vscode-oniguruma";
import { type IGrammar, INITIAL, type IOnigLib, parseRawGrammar, Registry } from "vscode-textmate";
import { root } from "../../../scripts/setup.mjs";
import { installHost, oldest, serverOf } from "../../../scripts/vscodeHost.mjs";

/** Root grammar of a language of VS Code. */
export type Language = "source.yaml" | "source.json" | "source.json.comments";

/** A piece of a line, with its scopes from the outermost to the innermost. */
export interface Token {
  readonly text: string;
  readonly scopes: readonly string[];
}

/** The grammars of a language, as VS Code ships them and as it uses them with this extension. */
export interface Grammars {
  readonly shipped: IGrammar;
  readonly extended: IGrammar;
  /** How often a regular expression of `extended` was looked for since the last call. */
  readonly searches: () => number;
}

/** The grammars that the extension contributes. */
const injections: readonly Contribution[] = contributed(root);

interface Contribution {
  readonly scopeName: string;
  readonly path: string;
  readonly injectTo?: readonly string[];
}

/** Installs the tests' VS Code where it is missing, and loads its grammars. */
export async function loadGrammars(): Promise<Record<Language, Grammars>> {
  await installHost();
  const shippedGrammars = ["yaml", "json"].flatMap((name) => contributed(join(serverOf(oldest), "extensions", name)));
  const files = new Map([...shippedGrammars, ...injections].map(({ scopeName, path }) => [scopeName, path]));
  const wasm = createRequire(import.meta.url).resolve("vscode-oniguruma/release/onig.wasm");
  await loadWASM(new Uint8Array(readFileSync(wasm)).buffer);
  let count = 0;
  const registry = (extended: boolean) =>
    new Registry({
      onigLib: Promise.resolve({
        createOnigScanner: (patterns) => {
          const scanner: ReturnType<IOnigLib["createOnigScanner"]> = new OnigScanner(patterns);
          return {
            findNextMatchSync: (text, start, options) => {
              if (extended) count++;
              return scanner.findNextMatchSync(text, start, options);
            },
          };
        },
        createOnigString: (text) => new OnigString(text),
      }),
      loadGrammar: async (scope) => {
        const file = files.get(scope);
        return file === undefined ? null : parseRawGrammar(readFileSync(file, "utf8"), file);
      },
      getInjections: (scope) =>
        injections.flatMap(({ scopeName, injectTo = [] }) =>
          extended && injectTo.some((target) => scope === target || scope.startsWith(`${target}.`)) ? [scopeName] : [],
        ),
    });
  const [shipped, extended] = [registry(false), registry(true)];
  const load = async (language: Language): Promise<Grammars> => ({
    shipped: present(await shipped.loadGrammar(language)),
    extended: present(await extended.loadGrammar(language)),
    searches: () => {
      const searches = count;
      count = 0;
      return searches;
    },
  });
  return {
    "source.yaml": await load("source.yaml"),
    "source.json": await load("source.json"),
    "source.json.comments": await load("source.json.comments"),
  };
}

/** The tokens of each line. Neighbours with the same scopes are one. */
export function tokenize(grammar: IGrammar, text: string): readonly (readonly Token[])[] {
  let state = INITIAL;
  return text.split("\n").map((line) => {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    return merge(
      tokens.map(({ startIndex, endIndex, scopes }) => ({ text: line.slice(startIndex, endIndex), scopes })),
    );
  });
}

/** What is left of the tokens without the scopes of this extension. */
export function withoutOwnScopes(lines: readonly (readonly Token[])[]): readonly (readonly Token[])[] {
  return lines.map((tokens) =>
    merge(
      tokens.map(({ text, scopes }) => ({
        text,
        scopes: scopes.filter((scope) => !scope.endsWith(".fine-tune-lens")),
      })),
    ),
  );
}

function merge(tokens: readonly Token[]): readonly Token[] {
  const merged: Token[] = [];
  for (const token of tokens) {
    const last = merged.at(-1);
    if (last?.scopes.join(" ") !== token.scopes.join(" ")) merged.push(token);
    else merged[merged.length - 1] = { text: last.text + token.text, scopes: last.scopes };
  }
  return merged;
}

/** The grammars of an extension, their files with whole paths. */
function contributed(extension: string): readonly Contribution[] {
  const manifest: { readonly contributes: { readonly grammars: readonly Contribution[] } } = JSON.parse(
    readFileSync(join(extension, "package.json"), "utf8"),
  );
  return manifest.contributes.grammars.map((grammar) => ({ ...grammar, path: join(extension, grammar.path) }));
}

function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error("VS Code lacks a grammar that it had.");
  return value;
}
