import { type Disposable, EventEmitter, type LogOutputChannel, type TextDocument, type Uri, workspace } from "vscode";
import { type Analysis, analyze } from "../core/analyze.ts";
import type { Surroundings } from "./surroundings.ts";

/** The languages in which training configs are written. */
export const selector = [{ language: "yaml" }, { language: "json" }, { language: "jsonc" }];

interface Cached {
  readonly version: number;
  readonly analysis: Analysis | null;
  /** The addresses of everything that the analysis rests on, whether it is there or not. */
  readonly used: ReadonlySet<string>;
}

/** The analysis of every open document, worked out once per version of its text and of what it rests on. */
export class Analyses implements Disposable {
  readonly #log: LogOutputChannel;
  readonly #surroundings: Surroundings;
  readonly #cache = new WeakMap<TextDocument, Cached>();
  readonly #changed = new EventEmitter<TextDocument>();
  readonly #subscription: Disposable;

  /** The analysis of a document has changed, though its text has not. */
  readonly onDidChange = this.#changed.event;

  constructor(log: LogOutputChannel, surroundings: Surroundings) {
    this.#log = log;
    this.#surroundings = surroundings;
    this.#subscription = surroundings.onDidChange((uri) => this.#forget(uri));
  }

  /** Null for a document that is no training config, and for the old side of a diff. */
  of(document: TextDocument): Analysis | null {
    if (document.uri.scheme === "git" || !selector.some(({ language }) => language === document.languageId))
      return null;
    const cached = this.#cache.get(document);
    if (cached?.version === document.version) return cached.analysis;
    const used = new Set<string>();
    const analysis = this.#analyze(document, (uri) => used.add(uri.toString()));
    this.#cache.set(document, { version: document.version, analysis, used });
    return analysis;
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  #forget(uri: Uri): void {
    for (const document of workspace.textDocuments) {
      if (!this.#cache.get(document)?.used.has(uri.toString())) continue;
      this.#cache.delete(document);
      this.#changed.fire(document);
    }
  }

  /** Whatever goes wrong is logged once per version of the text and never reaches the editor. */
  #analyze(document: TextDocument, use: (uri: Uri) => void): Analysis | null {
    try {
      return analyze(document.getText(), {
        format: document.languageId === "yaml" ? "yaml" : "json",
        ...this.#surroundings.of(document.uri, use),
      });
    } catch (error) {
      this.#log.error(`${document.uri.path} version ${document.version}`, error);
      return null;
    }
  }
}
