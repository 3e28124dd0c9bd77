import { type Disposable, EventEmitter, type TextDocument, type Uri, workspace } from "vscode";
import type { Analysis } from "../core/analyze.ts";
import { type Answer, known, missing } from "../core/answer.ts";
import { t } from "../core/language.ts";
import type { ComparedFile } from "../core/report/comparedFiles.ts";
import type { Analyses } from "./analyses.ts";
import { FollowedFile } from "./followedFile.ts";

interface Compared extends Disposable {
  readonly file: FollowedFile;
}

/** The files that the panel's is compared with, in the order in which they were chosen. */
export class ComparedFiles implements Disposable {
  readonly #files = new Map<string, Compared>();
  readonly #changed = new EventEmitter<void>();

  /** Another file is compared, or one has come or gone. */
  readonly onDidChange = this.#changed.event;

  get uris(): readonly string[] {
    return [...this.#files.keys()];
  }

  has({ uri }: TextDocument): boolean {
    return this.#files.has(uri.toString());
  }

  /** Compares with the files at `uris` and no others; those that are compared already keep their places. */
  async choose(uris: readonly string[]): Promise<void> {
    for (const uri of this.uris) if (!uris.includes(uri)) this.#drop(uri);
    for (const uri of uris) if (!this.#files.has(uri)) await this.#add(uri);
    this.#changed.fire();
  }

  remove(uri: string): void {
    this.#drop(uri);
    this.#changed.fire();
  }

  /** What there is to draw of each, but for the file at `uri`. */
  besides(uri: Uri, analyses: Analyses): readonly ComparedFile[] {
    const others = [...this.#files].filter(([other]) => other !== uri.toString());
    return others.map(([other, { file }]) => ({
      uri: other,
      path: workspace.asRelativePath(file.uri).replaceAll("\\", "/"),
      analysis: analysisOf(file, analyses),
    }));
  }

  dispose(): void {
    for (const { dispose } of this.#files.values()) dispose();
    this.#changed.dispose();
  }

  async #add(uri: string): Promise<void> {
    const file = await FollowedFile.at(uri);
    if (!file) return;
    const subscription = file.onDidChange(() => this.#changed.fire());
    const dispose = () => {
      subscription.dispose();
      file.dispose();
    };
    this.#drop(uri);
    this.#files.set(uri, { file, dispose });
  }

  #drop(uri: string): void {
    this.#files.get(uri)?.dispose();
    this.#files.delete(uri);
  }
}

function analysisOf({ document }: FollowedFile, analyses: Analyses): Answer<Analysis> {
  if (!document) return missing(t`the file is gone`);
  const analysis = analyses.of(document);
  return analysis ? known(analysis) : missing(t`not a training config now`);
}
