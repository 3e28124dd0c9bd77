import { type Disposable, EventEmitter, type FileSystemWatcher, RelativePattern, Uri, workspace } from "vscode";
import { mayPin, pinnedVersions } from "../core/plan/pins.ts";
import type { Versions } from "../core/plan/versions.ts";
import { isReallyInside } from "./workspaceFiles.ts";

/** Larger files are passed over: the lock of a large project has one or two megabytes. */
const mostBytes = 8_000_000;

interface Folder {
  readonly watcher: FileSystemWatcher;
  versions: Versions;
}

/**
 * The releases that requirements, pyproject.toml and uv.lock of a folder pin. Reading never blocks: a folder that was not
 * asked for before pins nothing until `onDidChange` tells of it.
 */
export class PinnedVersions implements Disposable {
  readonly #folders = new Map<string, Folder>();
  readonly #changed = new EventEmitter<Uri>();

  /** What a folder pins has changed; under the folder's address. */
  readonly onDidChange = this.#changed.event;

  /** Of files that are in `folder`, and within one of `roots` once links are followed. */
  of(folder: Uri, roots: readonly Uri[]): Versions {
    return (this.#folders.get(folder.toString()) ?? this.#watch(folder, roots)).versions;
  }

  dispose(): void {
    for (const { watcher } of this.#folders.values()) watcher.dispose();
    this.#changed.dispose();
  }

  #watch(uri: Uri, roots: readonly Uri[]): Folder {
    const pattern = new RelativePattern(uri, "{requirements*.txt,pyproject.toml,uv.lock}");
    const watcher = workspace.createFileSystemWatcher(pattern);
    const folder: Folder = { watcher, versions: {} };
    const load = async () => {
      const versions = await versionsPinnedIn(uri, roots);
      if (JSON.stringify(versions) === JSON.stringify(folder.versions)) return;
      folder.versions = versions;
      this.#changed.fire(uri);
    };
    watcher.onDidCreate(load);
    watcher.onDidChange(load);
    watcher.onDidDelete(load);
    this.#folders.set(uri.toString(), folder);
    void load();
    return folder;
  }
}

/** What the files of a folder pin, as they are now. */
export async function versionsPinnedIn(folder: Uri, roots: readonly Uri[]): Promise<Versions> {
  return pinnedVersions(await pinFiles(folder, roots));
}

/** The texts of the files that may pin releases, by their names; none for a folder that cannot be read. */
async function pinFiles(folder: Uri, roots: readonly Uri[]): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  try {
    for (const [name] of await workspace.fs.readDirectory(folder)) {
      if (!mayPin(name)) continue;
      const uri = Uri.joinPath(folder, name);
      if (!(await isReallyInside(uri, roots)) || (await workspace.fs.stat(uri)).size > mostBytes) continue;
      texts.set(name, new TextDecoder().decode(await workspace.fs.readFile(uri)));
    }
  } catch {
    // What could be read until then is what there is.
  }
  return texts;
}
