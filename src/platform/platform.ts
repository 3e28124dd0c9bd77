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
  /** Asks nvidia-smi for the GPUs; undefined in a browser, which starts no programs. */
  readonly askNvidiaSmi: (() => Promise<NvidiaSmiAnswer>) | undefined;
}

/** What came of asking: a line for each GPU, or why there are none. */
export type NvidiaSmiAnswer =
  | { readonly kind: "lines"; readonly text: string }
  | { readonly kind: "absent" }
  | { readonly kind: "slow"; readonly seconds: number }
  | { readonly kind: "failed"; readonly message: string };
