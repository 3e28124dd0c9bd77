import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { sampleCounter } from "../core/data/sampleCounter.ts";
import type { SampleCounts } from "../core/data/samples.ts";
import { candidatePaths, isInside } from "../core/dialects/linkPaths.ts";
import type { LinkedFiles } from "../core/dialects/links.ts";
import type { ArchitectureLookUp } from "../core/models/facts.ts";
import { foundArchitecture } from "../core/models/foundArchitecture.ts";
import { cachedConfig, cacheFolder, isHubId, revisionFile } from "../core/models/hub.ts";
import { mayPin, pinnedVersions } from "../core/plan/pins.ts";
import type { Versions } from "../core/plan/versions.ts";
import { formatOfFile } from "../core/text/document.ts";
import { parse } from "../core/text/parse.ts";

/** Linked files may point to others; longer chains are not followed. */
const deepestChain = 8;

/**
 * The files that the config at `file` points to, read at once: beside it, or in the folder that the program runs in, or in
 * the repository that the config belongs to. Nothing outside of these is read, through symbolic links neither.
 */
export function linkedFilesOnDisk(file: string, depth = 0): LinkedFiles {
  return {
    get(written) {
      if (depth === deepestChain) return null;
      for (const candidate of placesOf(written, file)) {
        const [document] = parse(readFileSync(candidate, "utf8"), formatOfFile(candidate));
        const linked = linkedFilesOnDisk(candidate, depth + 1);
        if (document) return { document, uri: pathToFileURL(candidate).href, linked };
      }
      return null;
    },
  };
}

/** Bytes of a data file that are read at a time. */
const pieceBytes = 1_000_000;

/** The samples of the data files that the config at `file` names, found as linked files are and counted piece by piece. */
export function sampleCountsOnDisk(file: string): SampleCounts {
  return {
    get(written) {
      const [path] = placesOf(written, file);
      const counter = path === undefined ? undefined : sampleCounter(path);
      if (path === undefined || !counter) return null;
      const descriptor = openSync(path, "r");
      try {
        const piece = new Uint8Array(pieceBytes);
        for (let read = readSync(descriptor, piece); read > 0; read = readSync(descriptor, piece)) {
          counter.push(piece.subarray(0, read));
        }
        return counter.end() ?? null;
      } finally {
        closeSync(descriptor);
      }
    },
  };
}

/** The architectures of the models whose config.json is in a folder that the config at `file` names, or in the user's cache. */
export function modelsOnDisk(file: string): ArchitectureLookUp {
  return (id) => {
    const [own] = placesOf(`${id}/config.json`, file);
    if (own !== undefined) return foundArchitecture(textOf(own), id, "config.json");
    const cache = isHubId(id) ? cacheFolder(process.env, homedir()) : undefined;
    const revision = cache && textOf(revisionFile(cache, id));
    const cached = cache && revision && cachedConfig(cache, id, revision);
    return cached ? foundArchitecture(textOf(cached), id, "cache") : undefined;
  };
}

/** The releases that are pinned beside the config at `file`, else in the folder that it may point into. */
export function versionsOnDisk(file: string): Versions {
  const folder = dirname(resolve(file));
  const root = rootOf(folder);
  return { ...pinnedIn(root, root), ...pinnedIn(folder, root) };
}

function pinnedIn(folder: string, root: string): Versions {
  const names = existsSync(folder) ? readdirSync(folder).filter(mayPin) : [];
  const paths = names
    .map((name) => [name, resolve(folder, name)] as const)
    .filter(([, path]) => isFileInside(path, root));
  return pinnedVersions(new Map(paths.map(([name, path]) => [name, textOf(path) ?? ""])));
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** The files that the config at `file` may mean by a path. */
function placesOf(written: string, file: string): readonly string[] {
  const folder = dirname(resolve(file));
  const root = rootOf(folder);
  return candidatePaths(written, slashed(folder), [slashed(root)]).filter((path) => isFileInside(path, root));
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

function isFileInside(path: string, root: string): boolean {
  try {
    return isInside(slashed(realpathSync(path)), slashed(realpathSync(root))) && statSync(path).isFile();
  } catch {
    return false;
  }
}

function slashed(path: string): string {
  return path.split(sep).join("/");
}
