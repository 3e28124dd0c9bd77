import type { Place } from "../plan/sourced.ts";
import type { ConfigDocument } from "../text/document.ts";

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
