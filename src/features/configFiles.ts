import { type Disposable, EventEmitter, type FileSystemWatcher, type Uri, workspace } from "vscode";
import { type ConfigDocument, formatOfFile } from "../core/text/document.ts";
import { parse } from "../core/text/parse.ts";
import { isReallyInside, watcherOf } from "./workspaceFiles.ts";

/** Larger files are taken as not there: none that a config points to comes near. */
const mostBytes = 4_000_000;

interface ConfigFile {
  readonly watcher: FileSystemWatcher;
  /** What is on the disk: null when there is no file, undefined until it is read. */
  saved: string | null | undefined;
  /** The text that was parsed last, and what came of it. */
  parsed: { readonly text: string; readonly document: ConfigDocument | null } | undefined;
}

/**
 * The files that configs point to, as they are now: the text in the editor where one is open, saved or not, else what is
 * on the disk. Reading never blocks: a file that was not asked for before is unknown until `onDidChange` tells of it.
 */
export class ConfigFiles implements Disposable {
  readonly #files = new Map<string, ConfigFile>();
  readonly #changed = new EventEmitter<Uri>();
  readonly #subscriptions: readonly Disposable[];

  /** A file that was asked for is read for the first time, or has changed. */
  readonly onDidChange = this.#changed.event;

  constructor() {
    const tell = ({ uri }: { readonly uri: Uri }) => {
      if (this.#files.has(uri.toString())) this.#changed.fire(uri);
    };
    this.#subscriptions = [
      this.#changed,
      workspace.onDidOpenTextDocument(tell),
      workspace.onDidCloseTextDocument(tell),
      workspace.onDidChangeTextDocument(({ document }) => tell(document)),
    ];
  }

  /** A file within one of `folders`; null when there is none or it holds no mapping, undefined until it is read. */
  read(uri: Uri, folders: readonly Uri[]): ConfigDocument | null | undefined {
    const key = uri.toString();
    const file = this.#files.get(key) ?? this.#watch(uri, folders);
    const { saved } = file;
    if (typeof saved !== "string") return saved;
    const text = openText(uri) ?? saved;
    if (file.parsed?.text !== text) {
      file.parsed = { text, document: documentOf(uri, text) };
    }
    return file.parsed.document;
  }

  dispose(): void {
    for (const { watcher } of this.#files.values()) watcher.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #watch(uri: Uri, folders: readonly Uri[]): ConfigFile {
    const watcher = watcherOf(uri);
    const file: ConfigFile = { watcher, saved: undefined, parsed: undefined };
    const load = async () => {
      file.saved = await textInside(uri, folders);
      this.#changed.fire(uri);
    };
    watcher.onDidCreate(load);
    watcher.onDidChange(load);
    watcher.onDidDelete(load);
    this.#files.set(uri.toString(), file);
    void load();
    return file;
  }
}

/** As `ConfigFiles.read`, for a file that is read once: as it is in an editor, or on the disk. */
export async function documentInside(uri: Uri, folders: readonly Uri[]): Promise<ConfigDocument | null> {
  const saved = await textInside(uri, folders);
  return saved === null ? null : documentOf(uri, openText(uri) ?? saved);
}

function documentOf({ path }: Uri, text: string): ConfigDocument | null {
  return parse(text, formatOfFile(path))[0] ?? null;
}

/** What an editor has of the file at `uri`, saved or not. */
function openText(uri: Uri): string | undefined {
  return workspace.textDocuments
    .find((document) => !document.isClosed && document.uri.toString() === uri.toString())
    ?.getText();
}

/** Null for a file that is not there, too large, or, once links are followed, outside of `folders`. */
async function textInside(uri: Uri, folders: readonly Uri[]): Promise<string | null> {
  try {
    if (!(await isReallyInside(uri, folders))) return null;
    const { size } = await workspace.fs.stat(uri);
    return size > mostBytes ? null : new TextDecoder().decode(await workspace.fs.readFile(uri));
  } catch {
    return null;
  }
}
