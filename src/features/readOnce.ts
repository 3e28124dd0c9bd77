import type { Uri } from "vscode";

/** Things that are read once each, when they are first asked for. Asking never blocks: what is not read yet is undefined. */
export class ReadOnce<T> {
  readonly #read: (uri: Uri, folders: readonly Uri[]) => Promise<T>;
  readonly #found = new Map<string, T | undefined>();
  #reading: Promise<void>[] = [];

  constructor(read: (uri: Uri, folders: readonly Uri[]) => Promise<T>) {
    this.#read = read;
  }

  /** What is at `uri`, within one of `folders`. */
  get(uri: Uri, folders: readonly Uri[]): T | undefined {
    const key = uri.toString();
    if (!this.#found.has(key)) {
      this.#found.set(key, undefined);
      this.#reading.push(this.#read(uri, folders).then((thing) => void this.#found.set(key, thing)));
    }
    return this.#found.get(key);
  }

  /** Waits until everything that was asked for is read; false where there was nothing to wait for. */
  async settle(): Promise<boolean> {
    const reading = this.#reading;
    this.#reading = [];
    await Promise.all(reading);
    return reading.length > 0;
  }
}
