import { type Disposable, EventEmitter, type Memento, type Uri } from "vscode";

const key = "datasetSizes";

/** Training samples of configs as their users said them; kept per file of this workspace. */
export class DatasetSizes implements Disposable {
  readonly #memory: Memento;
  /** Of files that were never saved: their addresses mean another file tomorrow. */
  readonly #unsaved = new Map<string, number>();
  readonly #changed = new EventEmitter<Uri>();

  /** The size for a config was set or taken back. */
  readonly onDidChange = this.#changed.event;

  constructor(memory: Memento) {
    this.#memory = memory;
  }

  get(uri: Uri): number | undefined {
    return this.#unsaved.get(uri.toString()) ?? this.#saved()[uri.toString()];
  }

  /** Undefined takes back what was said. */
  async set(uri: Uri, samples: number | undefined): Promise<void> {
    const file = uri.toString();
    if (uri.scheme === "untitled") {
      if (samples === undefined) this.#unsaved.delete(file);
      else this.#unsaved.set(file, samples);
    } else {
      const { [file]: _, ...others } = this.#saved();
      await this.#memory.update(key, samples === undefined ? others : { ...others, [file]: samples });
    }
    this.#changed.fire(uri);
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #saved(): Readonly<Record<string, number>> {
    return this.#memory.get(key, {});
  }
}
