import {
  type CancellationToken,
  type Disposable,
  EventEmitter,
  LogLevel,
  type LogOutputChannel,
  type TextDocument,
  type Uri,
  workspace,
} from "vscode";
import { type Analysis, type AnalyzeOptions, analyze, whyUnread } from "../core/analyze.ts";
import { mayTrain } from "../core/dialects/index.ts";
import { builtInCatalogue } from "../core/models/builtIn.ts";
import { logLines } from "../core/report/logLines.ts";
import type { TextFormat } from "../core/text/document.ts";
import type { CandidateText } from "./configsOfWorkspace.ts";
import type { Surroundings } from "./surroundings.ts";

/** The languages in which training configs are written. */
export const selector = [{ language: "yaml" }, { language: "json" }, { language: "jsonc" }];

interface Cached {
  readonly version: number;
  readonly analysis: Analysis | null;
  /** What it took to read the text. */
  readonly milliseconds: number;
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
    if (!isCandidate(document)) return null;
    const cached = this.#cache.get(document);
    if (cached?.version === document.version) return cached.analysis;
    const text = document.getText();
    if (!mayTrain(text)) return null;
    const used = new Set<string>();
    const start = performance.now();
    const analysis = this.#analyze(document, text, (uri) => used.add(uri.toString()));
    this.#cache.set(document, { version: document.version, analysis, milliseconds: performance.now() - start, used });
    return analysis;
  }

  /**
   * The same for the editor, which asks at every key stroke: a text that took long before is read in the next pause, and not at all
   * when a key is struck first.
   */
  async whileTyping(document: TextDocument, token: CancellationToken): Promise<Analysis | null> {
    const { version } = document;
    const cached = this.#cache.get(document);
    if (cached && cached.version !== version && cached.milliseconds > feltMilliseconds) {
      await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds));
      if (token.isCancellationRequested || document.version !== version) return null;
    }
    return this.of(document);
  }

  /** Why there is no analysis of what may be a training config, in words for the user; undefined for all others. */
  whyUnread(document: TextDocument): string | undefined {
    return isCandidate(document) ? whyUnread(document.getText(), formatOf(document)) : undefined;
  }

  /** The analysis of another text in the place of a document's, on so many GPUs and samples where that is said. */
  instead(document: TextDocument, text: string, said: Pick<AnalyzeOptions, "gpus" | "samples">): Analysis | null {
    return this.#analyze(document, text, () => {}, said);
  }

  /** For many texts one after the other, whether they are open or not, with what surrounds them read to the end. */
  once(): (text: CandidateText) => Promise<Analysis | null> {
    const surroundings = this.#surroundings.once();
    return async ({ uri, text, format }) => {
      for (let round = 1; ; round++) {
        // Whoever types meanwhile is not to wait for a whole workspace.
        await new Promise((resolve) => setTimeout(resolve, 0));
        const analysis = this.#attempt(uri.path, text, { format, ...surroundings.of(uri) });
        if (round === mostRounds || !(await surroundings.settle())) return analysis;
      }
    };
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

  #analyze(
    document: TextDocument,
    text: string,
    use: (uri: Uri) => void,
    said: Pick<AnalyzeOptions, "gpus" | "samples"> = {},
  ): Analysis | null {
    const { uri, version } = document;
    return this.#attempt(`${uri.path} version ${version}`, text, {
      format: formatOf(document),
      ...this.#surroundings.of(uri, use),
      ...said,
    });
  }

  /** Whatever goes wrong is logged, once per version of a text, and never reaches the editor. */
  #attempt(name: string, text: string, options: Omit<AnalyzeOptions, "catalogue">): Analysis | null {
    try {
      const start = performance.now();
      const analysis = analyze(text, { catalogue: builtInCatalogue, ...options });
      if (analysis) this.#tell(name, analysis, performance.now() - start);
      return analysis;
    } catch (error) {
      this.#log.error(name, error);
      return null;
    }
  }

  /** What an analysis says is for who looks for the reason of it; one that takes long is for everybody. */
  #tell(name: string, analysis: Analysis, milliseconds: number): void {
    const took = `${name}: read in ${milliseconds.toFixed(1)} ms`;
    if (milliseconds > slowMilliseconds) this.#log.warn(took);
    if (this.#log.logLevel > LogLevel.Debug) return;
    this.#log.debug([took, ...logLines(analysis)].join("\n  "));
  }
}

/** Whether training configs are written in such documents; the old sides of diffs are left alone. */
export function isCandidate({ uri, languageId }: TextDocument): boolean {
  return uri.scheme !== "git" && selector.some(({ language }) => language === languageId);
}

export function formatOf({ languageId }: TextDocument): TextFormat {
  return languageId === "yaml" ? "yaml" : "json";
}

/** Longer analyses are told to everybody. */
const slowMilliseconds = 200;

/** Longer analyses would be felt while one types; the first one in a fresh editor, whose code is cold, is seldom as long. */
const feltMilliseconds = 50;

/** Key strokes closer together than this are waited for. */
const pauseMilliseconds = 200;

/** A linked file may name another, but not for ever. */
const mostRounds = 8;
