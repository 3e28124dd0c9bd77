import { Disposable, EventEmitter, type LogOutputChannel, type Memento, Uri } from "vscode";
import type { AnalyzeOptions } from "../core/analyze.ts";
import type { SampleCounts } from "../core/data/samples.ts";
import type { FoundArchitecture } from "../core/models/facts.ts";
import { foundArchitecture } from "../core/models/foundArchitecture.ts";
import type { Versions } from "../core/plan/versions.ts";
import type { ConfigDocument } from "../core/text/document.ts";
import { ConfigFiles, documentInside } from "./configFiles.ts";
import { DatasetSizes } from "./datasetSizes.ts";
import { linkedFilesOf, placesOf, rootsOf } from "./linkedFiles.ts";
import { addressOf, ModelConfigs } from "./modelConfigs.ts";
import { PinnedVersions, versionsPinnedIn } from "./pinnedVersions.ts";
import { ReadOnce } from "./readOnce.ts";
import { RunSettings, settingsAddress } from "./runSettings.ts";
import { SampleFiles } from "./sampleFiles.ts";

type Surrounding = Omit<AnalyzeOptions, "format" | "catalogue">;

/** Where what surrounds a config is read. */
interface Sources {
  readonly config: (uri: Uri, folders: readonly Uri[]) => ConfigDocument | null | undefined;
  readonly pins: (folder: Uri, folders: readonly Uri[]) => Versions;
  readonly samples: (uri: Uri, folders: readonly Uri[]) => number | null | undefined;
}

/** The surroundings of many configs that are looked at one after the other, as they are at that time. */
export interface SurroundingsOnce {
  readonly of: (uri: Uri) => Surrounding;
  /** Waits until everything that was asked for is read; false where there was nothing to wait for. */
  readonly settle: () => Promise<boolean>;
}

/** What the analysis of a config rests on beyond its own text: linked files, data files, settings, what the user said. */
export class Surroundings implements Disposable {
  readonly sizes: DatasetSizes;
  readonly models: ModelConfigs;
  readonly #configs = new ConfigFiles();
  readonly #samples: SampleFiles;
  readonly #settings = new RunSettings();
  readonly #pins = new PinnedVersions();
  readonly #changed = new EventEmitter<Uri>();
  readonly #subscriptions: Disposable;

  /** Something that an analysis has asked for is known now, or has changed; under the address that it was asked for. */
  readonly onDidChange = this.#changed.event;

  /** `memory` keeps what the user said of this workspace's files, `store` what was fetched for all of them. */
  constructor(memory: Memento, store: Uri, log: LogOutputChannel) {
    this.sizes = new DatasetSizes(memory);
    this.models = new ModelConfigs(store, log);
    this.#samples = new SampleFiles(log);
    const parts = [this.#configs, this.#samples, this.#settings, this.#pins, this.sizes, this.models];
    const tell = (uri: Uri) => this.#changed.fire(uri);
    this.#subscriptions = Disposable.from(
      ...parts.map(({ onDidChange }) => onDidChange(tell)),
      ...parts,
      this.#changed,
    );
  }

  /** For the config at `uri`. `use` is told of every address that the analysis asks for. */
  of(uri: Uri, use: (uri: Uri) => void): Surrounding {
    return this.#from(uri, use, {
      config: (place, folders) => this.#configs.read(place, folders),
      pins: (folder, folders) => this.#pins.of(folder, folders),
      samples: (place, folders) => this.#samples.count(place, folders),
    });
  }

  /** For looking at many configs once: nothing is watched, and data files are not counted. */
  once(): SurroundingsOnce {
    const configs = new ReadOnce(documentInside);
    const pins = new ReadOnce(versionsPinnedIn);
    const sources: Sources = {
      config: (place, folders) => configs.get(place, folders),
      pins: (folder, folders) => pins.get(folder, folders) ?? {},
      samples: () => null,
    };
    return {
      of: (uri) => this.#from(uri, () => {}, sources),
      settle: async () => (await Promise.all([configs, pins, this.models].map((each) => each.settle()))).includes(true),
    };
  }

  #from(uri: Uri, use: (uri: Uri) => void, sources: Sources): Surrounding {
    use(uri);
    use(settingsAddress);
    const samples = this.sizes.get(uri);
    return {
      ...this.#settings.of(uri),
      versions: this.#versionsOf(uri, use, sources),
      linked: linkedFilesOf(uri, sources.config, use),
      sampleCounts: sampleCountsOf(uri, use, sources),
      lookUpModel: (id) => this.#modelOf(id, uri, use, sources),
      ...(samples === undefined ? {} : { samples }),
    };
  }

  dispose(): void {
    this.#subscriptions.dispose();
  }

  /** A folder of the workspace with that name first, as transformers has it; then what is known of models everywhere. */
  #modelOf(id: string, uri: Uri, use: (uri: Uri) => void, { config }: Sources): FoundArchitecture | undefined {
    const roots = rootsOf(uri);
    for (const place of placesOf(`${id}/config.json`, uri, roots)) {
      use(place);
      const found = foundArchitecture(config(place, roots)?.text, id, "config.json");
      if (found) return found;
    }
    use(addressOf(id));
    return this.models.find(id);
  }

  /** What the settings say, else what is pinned beside the config, else in its folder of the workspace. */
  #versionsOf(uri: Uri, use: (uri: Uri) => void, { pins }: Sources): Versions {
    const roots = rootsOf(uri);
    const [root] = roots;
    if (!root) return this.#settings.versions(uri);
    const folders = uri.scheme === root.scheme ? [root, Uri.joinPath(uri, "..")] : [root];
    const pinned = folders.map((folder) => {
      use(folder);
      return pins(folder, roots);
    });
    return Object.assign({}, ...pinned, this.#settings.versions(uri));
  }
}

function sampleCountsOf(uri: Uri, use: (uri: Uri) => void, { samples }: Sources): SampleCounts {
  const roots = rootsOf(uri);
  return {
    get: (path) => {
      for (const place of placesOf(path, uri, roots)) {
        use(place);
        const count = samples(place, roots);
        if (count !== null) return count;
      }
      return null;
    },
  };
}
