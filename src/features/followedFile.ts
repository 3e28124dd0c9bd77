import { type Disposable, EventEmitter, type TextDocument, Uri, workspace } from "vscode";
import { watcherOf } from "./workspaceFiles.ts";

/**
 * A file as it is now, for as long as this is kept: the text in its editor, saved or not, else on the disk. VS Code by itself closes
 * a document some time after its last editor.
 */
export class FollowedFile implements Disposable {
  readonly uri: Uri;
  readonly #changed = new EventEmitter<void>();
  readonly #subscriptions: readonly Disposable[];
  #document: TextDocument | null;

  /** The file has come or gone, or has another document. What happens to its text, the document's own events tell. */
  readonly onDidChange = this.#changed.event;

  /** The file at an address, whether it is there or not; null for a text that is no address. */
  static async at(address: string): Promise<FollowedFile | null> {
    const uri = uriFrom(address);
    return uri && new FollowedFile(uri, await documentAt(uri));
  }

  constructor(uri: Uri, document: TextDocument | null) {
    this.uri = uri;
    this.#document = document;
    const look = () => void this.#look();
    const lookAt = (other: TextDocument) => {
      if (other.uri.toString() === uri.toString()) look();
    };
    const watchers = uri.scheme === "untitled" ? [] : [watcherOf(uri)];
    this.#subscriptions = [
      this.#changed,
      ...watchers.flatMap((watcher) => [watcher, watcher.onDidCreate(look), watcher.onDidDelete(look)]),
      workspace.onDidOpenTextDocument(lookAt),
      workspace.onDidCloseTextDocument(lookAt),
    ];
  }

  /** Null while there is no such file. */
  get document(): TextDocument | null {
    return this.#document;
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #look(): Promise<void> {
    const document = await documentAt(this.uri);
    if (document === this.#document) return;
    this.#document = document;
    this.#changed.fire();
  }
}

function uriFrom(address: string): Uri | null {
  try {
    return Uri.parse(address, true);
  } catch {
    return null;
  }
}

/** The document at `uri`, opened where it is not; null where there is no file, unless an editor has unsaved edits of it. */
async function documentAt(uri: Uri): Promise<TextDocument | null> {
  const open = workspace.textDocuments.find((one) => !one.isClosed && one.uri.toString() === uri.toString());
  if (open?.isDirty || uri.scheme === "untitled") return open ?? null;
  try {
    if (workspace.fs.isWritableFileSystem(uri.scheme) !== undefined) await workspace.fs.stat(uri);
    return open ?? (await workspace.openTextDocument(uri));
  } catch {
    return null;
  }
}
