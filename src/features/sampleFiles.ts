import {
  type Disposable,
  EventEmitter,
  type FileSystemWatcher,
  type LogOutputChannel,
  ProgressLocation,
  type Uri,
  window,
  workspace,
} from "vscode";
import { platform } from "#platform";
import { type SampleCounter, sampleCounter } from "../core/data/sampleCounter.ts";
import { t } from "../core/language.ts";
import { isReallyInside, watcherOf } from "./workspaceFiles.ts";

/** Files from this size on show their progress in the status bar while they are counted. */
const largeBytes = 50_000_000;

/** Where files cannot be read piece by piece, larger ones are not counted. */
const mostBytesAtOnce = 200_000_000;

interface DataFile {
  readonly watcher: FileSystemWatcher;
  /** Null where there is no file or its samples cannot be told; undefined until they are counted. */
  samples: number | null | undefined;
  /** Whether the file has changed since it was counted. */
  stale: boolean;
}

/** The samples of local data files, counted once in the background and again when a file has changed. */
export class SampleFiles implements Disposable {
  readonly #files = new Map<string, DataFile>();
  readonly #log: LogOutputChannel;
  readonly #changed = new EventEmitter<Uri>();
  #disposed = false;

  /** The samples of a file that was asked for are counted, or may have changed. */
  readonly onDidChange = this.#changed.event;

  constructor(log: LogOutputChannel) {
    this.#log = log;
  }

  /** The samples of a file within one of `folders`; null when they cannot be told, undefined until they are counted. */
  count(uri: Uri, folders: readonly Uri[]): number | null | undefined {
    if (!sampleCounter(uri.path)) return null;
    const key = uri.toString();
    const file = this.#files.get(key) ?? this.#watch(uri);
    if (file.stale) {
      file.stale = false;
      void this.#count(uri, file, folders);
    }
    return file.samples;
  }

  dispose(): void {
    this.#disposed = true;
    for (const { watcher } of this.#files.values()) watcher.dispose();
    this.#changed.dispose();
  }

  #watch(uri: Uri): DataFile {
    const watcher = watcherOf(uri);
    const file: DataFile = { watcher, samples: undefined, stale: true };
    const forget = () => {
      file.stale = true;
      this.#changed.fire(uri);
    };
    watcher.onDidCreate(forget);
    watcher.onDidChange(forget);
    watcher.onDidDelete(forget);
    this.#files.set(uri.toString(), file);
    return file;
  }

  async #count(uri: Uri, file: DataFile, folders: readonly Uri[]): Promise<void> {
    const start = performance.now();
    const samples = await this.#countInside(uri, folders).catch(() => null);
    if (this.#disposed) return;
    const milliseconds = (performance.now() - start).toFixed(0);
    const path = workspace.asRelativePath(uri);
    if (samples === null) this.#log.debug(`${path}: its samples cannot be counted`);
    else this.#log.info(`${path}: ${samples} samples counted in ${milliseconds} ms`);
    file.samples = samples;
    this.#changed.fire(uri);
  }

  async #countInside(uri: Uri, folders: readonly Uri[]): Promise<number | null> {
    const counter = sampleCounter(uri.path);
    if (!counter || !(await isReallyInside(uri, folders))) return null;
    const { size } = await workspace.fs.stat(uri);
    if (size < largeBytes) return this.#readInto(counter, uri, size, () => {});
    const title = t`Counting the samples of ${workspace.asRelativePath(uri)}`;
    return window.withProgress({ location: ProgressLocation.Window, title }, (progress) =>
      this.#readInto(counter, uri, size, (share) => progress.report({ message: `${Math.floor(share * 100)} %` })),
    );
  }

  async #readInto(
    counter: SampleCounter,
    uri: Uri,
    size: number,
    report: (share: number) => void,
  ): Promise<number | null> {
    if (platform.readPieces && uri.scheme === "file") {
      let read = 0;
      for await (const piece of platform.readPieces(uri.fsPath)) {
        if (this.#disposed) return null;
        counter.push(piece);
        read += piece.length;
        report(read / size);
      }
    } else {
      if (size > mostBytesAtOnce) return null;
      counter.push(await workspace.fs.readFile(uri));
    }
    return counter.end() ?? null;
  }
}
