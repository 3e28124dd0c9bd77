import { type FileSystemWatcher, RelativePattern, Uri, workspace } from "vscode";
import { platform } from "#platform";
import { isInside } from "../core/dialects/linkPaths.ts";

/** Tells when the file at `uri` comes, changes or goes. */
export function watcherOf(uri: Uri): FileSystemWatcher {
  const name = uri.path.slice(uri.path.lastIndexOf("/") + 1).replace(/[*?{}[\]]/g, "[$&]");
  return workspace.createFileSystemWatcher(new RelativePattern(Uri.joinPath(uri, ".."), name));
}

/** Whether a file is within one of `folders` once symbolic links are followed. Rejects for a file that is not there. */
export async function isReallyInside(uri: Uri, folders: readonly Uri[]): Promise<boolean> {
  if (uri.scheme !== "file") return true;
  const path = await realPath(uri);
  const roots = await Promise.all(folders.map(realPath));
  return roots.some((root) => isInside(path, root));
}

/** With forward slashes on every system. */
async function realPath({ fsPath }: Uri): Promise<string> {
  return (await platform.realPath(fsPath)).replaceAll("\\", "/");
}
