import type { Place, Sourced } from "../plan/sourced.ts";
import type { ConfigDocument, ConfigNode } from "../text/document.ts";

/** A file that a config points to. */
export interface Link {
  /** The path as the config writes it, relative to the config or to the workspace. */
  readonly path: string;
  /** Where the config names it. */
  readonly place: Place;
}

/** A link and the file at its end: null when it is not there, undefined while nobody has looked for it. */
export interface FollowedLink extends Link {
  readonly file: LinkedFile | null | undefined;
}

/** A linked file that was found, read and parsed. */
export interface LinkedFile {
  readonly document: ConfigDocument;
  /** The address under which the editor knows it. */
  readonly uri: string;
  /** The files that it points to itself; none where nobody looks for them. */
  readonly linked?: LinkedFiles;
}

/** Linked files by their paths as written: null for one that is not there, undefined while nobody has looked for it. */
export interface LinkedFiles {
  readonly get: (path: string) => LinkedFile | null | undefined;
}

/** The link of a key that holds a path; none where the config does not write it. */
export function linkAt(path: Sourced<string>): readonly Link[] {
  return path.origin === "unknown" || !path.place ? [] : [{ path: path.value, place: path.place }];
}

/** Settings that stand in the config itself, or in a file of their own. */
export interface Settings {
  readonly document: ConfigDocument;
  /** The file's address, where it is another one. */
  readonly uri?: string;
}

/** The settings behind a key that holds a mapping or the path of a file; undefined for a file that is not there. */
export function settingsAt(
  document: ConfigDocument,
  node: ConfigNode | undefined,
  linked: LinkedFiles,
): Settings | undefined {
  if (node?.kind === "map") return { document: { ...document, root: node } };
  return (node?.kind === "scalar" ? linked.get(String(node.value)) : undefined) ?? undefined;
}

/** A value read from settings, which stands in their file where they have one. */
export function standingIn<T>({ uri }: Settings, value: Sourced<T>): Sourced<T> {
  if (uri === undefined) return value;
  const place = value.place ? { place: { ...value.place, uri } } : {};
  return value.origin === "file" ? { ...value, origin: "linked", ...place } : { ...value, ...place };
}
