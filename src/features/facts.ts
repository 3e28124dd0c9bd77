import { Uri, workspace } from "vscode";
import { loadTables } from "../core/dialects/tables.ts";
import { loadGpus } from "../core/gpus/catalogue.ts";
import type { Gpu } from "../core/gpus/gpu.ts";
import { type Catalogue, type CatalogueRecord, catalogueOf } from "../core/models/catalogue.ts";

/** What `dist/facts.json` holds. */
interface Contents {
  readonly models: readonly CatalogueRecord[];
  readonly gpus: readonly Gpu[];
  /** The frameworks' vocabularies and other tables, by name. */
  readonly tables: Readonly<Record<string, object>>;
}

/** Facts that are too large for the extension's code: they lie beside it and are read when they are first wanted. */
export class Facts {
  readonly #file: Uri;
  #catalogue: Promise<Catalogue> | undefined;

  /** Of the extension at `extension`. */
  constructor(extension: Uri) {
    this.#file = Uri.joinPath(extension, "dist", "facts.json");
  }

  /** What no config can be read without: the core knows frameworks and GPUs then, and the models that are known are returned. */
  load(): Promise<Catalogue> {
    this.#catalogue ??= this.#read();
    return this.#catalogue;
  }

  async #read(): Promise<Catalogue> {
    const bytes = await workspace.fs.readFile(this.#file);
    const { models, gpus, tables }: Contents = JSON.parse(new TextDecoder().decode(bytes));
    loadGpus(gpus);
    loadTables(tables);
    return catalogueOf(models);
  }
}
