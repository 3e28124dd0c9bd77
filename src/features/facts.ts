import { Uri, workspace } from "vscode";
import type { Vocabulary } from "../core/dialects/vocabulary.ts";
import { type Catalogue, type CatalogueRecord, catalogueOf } from "../core/models/catalogue.ts";

/** Facts that are too large for the extension's code: they lie beside it and are read when they are first wanted. */
export class Facts {
  readonly #folder: Uri;
  #catalogue: Promise<Catalogue> | undefined;
  #vocabularies: Promise<Readonly<Partial<Record<string, Vocabulary>>>> | undefined;

  /** Of the extension at `extension`. */
  constructor(extension: Uri) {
    this.#folder = Uri.joinPath(extension, "dist");
  }

  /** The models that are known by name. */
  catalogue(): Promise<Catalogue> {
    this.#catalogue ??= this.#read<readonly CatalogueRecord[]>("models.json").then(catalogueOf);
    return this.#catalogue;
  }

  /** The keys of a framework with their documentation; none for a framework that is not known. */
  async vocabularyOf(dialect: string): Promise<Vocabulary> {
    this.#vocabularies ??= this.#read("vocabularies.json");
    return (await this.#vocabularies)[dialect] ?? {};
  }

  async #read<T>(name: string): Promise<T> {
    const bytes = await workspace.fs.readFile(Uri.joinPath(this.#folder, name));
    return JSON.parse(new TextDecoder().decode(bytes));
  }
}
