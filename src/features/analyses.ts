import type { LogOutputChannel, TextDocument } from "vscode";
import { type Analysis, analyze } from "../core/analyze.ts";

/** The languages in which training configs are written. */
export const selector = [{ language: "yaml" }, { language: "json" }, { language: "jsonc" }];

/** The analysis of every open document, worked out once per version of its text. */
export class Analyses {
  readonly #log: LogOutputChannel;
  readonly #cache = new WeakMap<TextDocument, { version: number; analysis: Analysis | null }>();

  constructor(log: LogOutputChannel) {
    this.#log = log;
  }

  /** Null for a document that is no training config, and for the old side of a diff. */
  of(document: TextDocument): Analysis | null {
    if (document.uri.scheme === "git" || !selector.some(({ language }) => language === document.languageId))
      return null;
    const cached = this.#cache.get(document);
    if (cached?.version === document.version) return cached.analysis;
    const analysis = this.#analyze(document);
    this.#cache.set(document, { version: document.version, analysis });
    return analysis;
  }

  /** Whatever goes wrong is logged once per version of the text and never reaches the editor. */
  #analyze(document: TextDocument): Analysis | null {
    try {
      return analyze(document.getText(), { format: document.languageId === "yaml" ? "yaml" : "json" });
    } catch (error) {
      this.#log.error(`${document.uri.path} version ${document.version}`, error);
      return null;
    }
  }
}
