import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { candidatePaths, isInside } from "../core/dialects/linkPaths.ts";
import type { LinkedFiles } from "../core/dialects/links.ts";
import { parse } from "../core/text/parse.ts";

/** Linked files may point to others; longer chains are not followed. */
const deepestChain = 8;

/**
 * The files that the config at `file` points to, read at once: beside it, or in the folder that the program runs in, or in
 * the repository that the config belongs to. Nothing outside of these is read, through symbolic links neither.
 */
export function linkedFilesOnDisk(file: string, depth = 0): LinkedFiles {
  const path = resolve(file);
  const folder = dirname(path);
  const root = rootOf(folder);
  return {
    get(written) {
      if (depth === deepestChain) return null;
      for (const candidate of candidatePaths(written, slashed(folder), [slashed(root)])) {
        const text = readInside(candidate, root);
        if (text === undefined) continue;
        const [document] = parse(text, candidate.endsWith(".json") ? "json" : "yaml");
        const linked = linkedFilesOnDisk(candidate, depth + 1);
        if (document) return { document, uri: pathToFileURL(candidate).href, linked };
      }
      return null;
    },
  };
}

/** The folder that a config may point into: the current one where it is inside, else its repository, else its own. */
export function rootOf(folder: string): string {
  const current = process.cwd();
  if (folder === current || isInside(slashed(folder), slashed(current))) return current;
  for (let above = folder; ; above = dirname(above)) {
    if (existsSync(resolve(above, ".git"))) return above;
    if (above === dirname(above)) return folder;
  }
}

function readInside(path: string, root: string): string | undefined {
  try {
    return isInside(slashed(realpathSync(path)), slashed(realpathSync(root))) ? readFileSync(path, "utf8") : undefined;
  } catch {
    return undefined;
  }
}

function slashed(path: string): string {
  return path.split(sep).join("/");
}
