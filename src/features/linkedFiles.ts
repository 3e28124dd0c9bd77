import { Uri, workspace } from "vscode";
import { candidatePaths } from "../core/dialects/linkPaths.ts";
import type { LinkedFiles } from "../core/dialects/links.ts";
import type { ConfigDocument } from "../core/text/document.ts";

/** Linked files may point to others; longer chains are not followed. */
const deepestChain = 8;

/** A file within one of `folders`; null when there is none or it holds no mapping, undefined until it is read. */
type ReadConfig = (uri: Uri, folders: readonly Uri[]) => ConfigDocument | null | undefined;

/**
 * The files that the config at `uri` points to, looked for beside it and in the folders of the workspace; and the files
 * that those point to. `use` is told of every place that was looked at.
 */
export function linkedFilesOf(uri: Uri, read: ReadConfig, use: (uri: Uri) => void, depth = 0): LinkedFiles {
  const roots = rootsOf(uri);
  return {
    get(path) {
      if (depth === deepestChain) return null;
      for (const place of placesOf(path, uri, roots)) {
        use(place);
        const document = read(place, roots);
        if (document === undefined) return undefined;
        const linked = linkedFilesOf(place, read, use, depth + 1);
        if (document) return { document, uri: place.toString(), linked };
      }
      return null;
    },
  };
}

/** Where the file that the config at `uri` calls `path` may be: beside it, or in one of `roots`. */
export function placesOf(path: string, uri: Uri, roots: readonly Uri[]): readonly Uri[] {
  const [first] = roots;
  if (!first) return [];
  const folder = uri.scheme === first.scheme ? Uri.joinPath(uri, "..") : first;
  const paths = roots.map((root) => root.path);
  return candidatePaths(path, folder.path, paths).map((candidate) => first.with({ path: candidate }));
}

/**
 * The folders that a config may point into: those of the workspace, its own first; its own folder alone where it stands
 * outside them all. A config that was never saved stands in the workspace, if there is one.
 */
export function rootsOf(uri: Uri): readonly Uri[] {
  const folders = (workspace.workspaceFolders ?? []).map((folder) => folder.uri);
  const own = workspace.getWorkspaceFolder(uri)?.uri ?? (uri.scheme === "untitled" ? folders[0] : undefined);
  if (!own) return uri.scheme === "untitled" ? [] : [Uri.joinPath(uri, "..")];
  const near = folders.filter(({ scheme, authority }) => scheme === own.scheme && authority === own.authority);
  return [own, ...near.filter((folder) => folder.toString() !== own.toString())];
}
