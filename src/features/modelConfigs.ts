import { type Disposable, EventEmitter, type LogOutputChannel, Uri, window, workspace } from "vscode";
import { platform } from "#platform";
import type { FoundArchitecture } from "../core/models/facts.ts";
import { foundArchitecture } from "../core/models/foundArchitecture.ts";
import { cachedConfig, cacheFolder, isHubId, revisionFile } from "../core/models/hub.ts";

/**
 * Architectures of models from the user's Hugging Face cache and from what was fetched from the Hub before. Reading never
 * blocks: a model that was not asked for before is unknown until `onDidChange` tells of it.
 */
export class ModelConfigs implements Disposable {
  readonly #store: Uri;
  readonly #log: LogOutputChannel;
  readonly #models = new Map<string, FoundArchitecture | undefined>();
  readonly #loading = new Set<Promise<void>>();
  readonly #changed = new EventEmitter<Uri>();
  readonly #focus: Disposable;

  /** A model that was asked for is known now; under its address of `addressOf`. */
  readonly onDidChange = this.#changed.event;

  /** Keeps what is fetched in `store`, a folder that may not exist yet. */
  constructor(store: Uri, log: LogOutputChannel) {
    this.#store = store;
    this.#log = log;
    this.#focus = window.onDidChangeWindowState(({ focused }) => {
      if (focused) this.#lookAgain();
    });
  }

  /** Undefined where nothing is known of the model, or not yet. */
  find(id: string): FoundArchitecture | undefined {
    if (!isHubId(id)) return undefined;
    if (!this.#models.has(id)) void this.#load(id);
    return this.#models.get(id);
  }

  /** Waits until every model that was asked for has been looked for; false where there was nothing to wait for. */
  async settle(): Promise<boolean> {
    const loading = [...this.#loading];
    await Promise.all(loading);
    return loading.length > 0;
  }

  /** Keeps the config.json of a model. Its text must be one that can be read. */
  async keep(id: string, text: string): Promise<void> {
    await workspace.fs.writeFile(this.#stored(id), new TextEncoder().encode(text));
    await this.#load(id);
  }

  dispose(): void {
    this.#focus.dispose();
    this.#changed.dispose();
  }

  /** Models that were missing may have been downloaded while the user was elsewhere. */
  #lookAgain(): void {
    for (const [id, found] of this.#models) if (!found) void this.#load(id);
  }

  async #load(id: string): Promise<void> {
    const loading = this.#lookFor(id);
    this.#loading.add(loading);
    await loading.finally(() => this.#loading.delete(loading));
  }

  async #lookFor(id: string): Promise<void> {
    this.#models.set(id, this.#models.get(id));
    const found = (await this.#inCache(id)) ?? foundArchitecture(await textAt(this.#stored(id)), id, "hub");
    this.#models.set(id, found);
    this.#log.debug(`${id}: ${found ? `known by its config.json (${found.source})` : "no config.json in the cache"}`);
    if (found) this.#changed.fire(addressOf(id));
  }

  async #inCache(id: string): Promise<FoundArchitecture | undefined> {
    const cache = cacheFolder(platform.environment, platform.home);
    if (cache === undefined) return undefined;
    const revision = await textAt(Uri.file(revisionFile(cache, id)));
    const path = revision === undefined ? undefined : cachedConfig(cache, id, revision);
    return path === undefined ? undefined : foundArchitecture(await textAt(Uri.file(path)), id, "cache");
  }

  #stored(id: string): Uri {
    return Uri.joinPath(this.#store, "models", `${id.replaceAll("/", "--")}.json`);
  }
}

/** The address under which an analysis uses a model. */
export function addressOf(id: string): Uri {
  return Uri.from({ scheme: "fine-tune-lens", path: `/models/${id}` });
}

async function textAt(uri: Uri): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await workspace.fs.readFile(uri));
  } catch {
    return undefined;
  }
}
