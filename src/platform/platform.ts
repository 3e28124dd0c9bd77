/** What differs between VS Code on a machine and VS Code in a browser. */
export interface Platform {
  /** The machine's environment variables; none in a browser. */
  readonly environment: Readonly<Partial<Record<string, string>>>;
  /** The user's home folder; undefined in a browser, which has none. */
  readonly home: string | undefined;
  /** Where the file at a path really is, once symbolic links are followed. Rejects for a file that is not there. */
  readonly realPath: (path: string) => Promise<string>;
  /** The bytes of a file one piece after the other; undefined in a browser, which reads files whole. */
  readonly readPieces: ((path: string) => AsyncIterable<Uint8Array>) | undefined;
}
