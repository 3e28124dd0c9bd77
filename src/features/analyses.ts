import { type Disposable, EventEmitter, type LogOutputChannel, type TextDocument, type Uri, workspace } from "vscode";
import { type Analysis, type AnalyzeOptions, analyze } from "../core/analyze.ts";
import { mayTrain } from "../core/dialects/index.ts";
import { type Catalogue, catalogueOf } from "../core/models/catalogue.ts";
import type { Facts } from "./facts.ts";
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
  readonly #facts: Facts;
  readonly #surroundings: Surroundings;
  readonly #cache = new WeakMap<TextDocument, Cached>();
  readonly #changed = new EventEmitter<TextDocument>();
  readonly #subscription: Disposable;
  #catalogue: Catalogue | undefined;
  #loading: Promise<void> | undefined;

  /** The analysis of a document has changed, though its text has not. */
  readonly onDidChange = this.#changed.event;

  constructor(log: LogOutputChannel, facts: Facts, surroundings: Surroundings) {
    this.#log = log;
    this.#facts = facts;
    this.#surroundings = surroundings;
    this.#subscription = surroundings.onDidChange((uri) => this.#forget(uri));
  }

  /**
   * Null for a document that is no training config, and for the old side of a diff. Null as well until the facts are loaded, which
   * begins with the first document that may be a config; `onDidChange` tells when they are.
   */
  of(document: TextDocument): Analysis | null {
    if (document.uri.scheme === "git" || !selector.some(({ language }) => language === document.languageId))
      return null;
    const cached = this.#cache.get(document);
    if (cached?.version === document.version) return cached.analysis;
    const text = document.getText();
    if (!mayTrain(text)) return null;
    if (!this.#catalogue) {
      void this.#load();
      return null;
    }
    const used = new Set<string>();
    const analysis = this.#analyze(document, text, this.#catalogue, (uri) => used.add(uri.toString()));
    this.#cache.set(document, { version: document.version, analysis, used });
    return analysis;
  }

  /** As `of`, once the facts are loaded. */
  async when(document: TextDocument): Promise<Analysis | null> {
    const analysis = this.of(document);
    await this.#loading;
    return analysis ?? this.of(document);
  }

  /** The analysis of another text in the place of a document's, on so many GPUs and samples where that is said. */
  instead(document: TextDocument, text: string, said: Pick<AnalyzeOptions, "gpus" | "samples">): Analysis | null {
    return this.#catalogue ? this.#analyze(document, text, this.#catalogue, () => {}, said) : null;
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  #load(): Promise<void> {
    this.#loading ??= this.#facts
      .load()
      .catch((error) => {
        this.#log.error("The models and keys that are known cannot be read", error);
        return catalogueOf([]);
      })
      .then((catalogue) => {
        this.#catalogue = catalogue;
        for (const document of workspace.textDocuments) this.#changed.fire(document);
      });
    return this.#loading;
  }

  #forget(uri: Uri): void {
    for (const document of workspace.textDocuments) {
      if (!this.#cache.get(document)?.used.has(uri.toString())) continue;
      this.#cache.delete(document);
      this.#changed.fire(document);
    }
  }

  /** Whatever goes wrong is logged once per version of the text and never reaches the editor. */
  #analyze(
    document: TextDocument,
    text: string,
    catalogue: Catalogue,
    use: (uri: Uri) => void,
    said: Pick<AnalyzeOptions, "gpus" | "samples"> = {},
  ): Analysis | null {
    try {
      return analyze(text, {
        format: document.languageId === "yaml" ? "yaml" : "json",
        catalogue,
        ...this.#surroundings.of(document.uri, use),
        ...said,
      });
    } catch (error) {
      this.#log.error(`${document.uri.path} version ${document.version}`, error);
      return null;
    }
  }
}
