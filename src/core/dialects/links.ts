import type { Place } from "../plan/sourced.ts";
import type { ConfigDocument } from "../text/document.ts";

/** A file that a config points to. */
export interface Link {
  /** The path as the config writes it, relative to the config or to the workspace. */
  readonly path: string;
  /** Where the config names it. */
  readonly place: Place;
}

/** A linked file that was found, read and parsed. */
export interface LinkedFile {
  readonly document: ConfigDocument;
  /** The address under which the editor knows it. */
  readonly uri: string;
}

/** Linked files by their paths as written; null for one that is not there, nothing for one that nobody looked for. */
export type LinkedFiles = ReadonlyMap<string, LinkedFile | null>;
