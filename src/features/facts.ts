import { Uri, workspace } from "vscode";
import { loadVocabularies, type Vocabulary } from "../core/dialects/vocabulary.ts";
import { type Catalogue, type CatalogueRecord, catalogueOf } from "../core/models/catalogue.ts";

/** Facts that are too large for the extension's code: they lie beside it and are read when they are first wanted. */
export class Facts {
  readonly #folder: Uri;
  #catalogue: Promise<Catalogue> | undefined;
  #vocabularies: Promise<Readonly<Record<string, Vocabulary>>> | undefined;

  /** Of the extension at `extension`. */
  constructor(extension: Uri) {
    this.#folder = Uri.joinPath(extension, "dist");
  }

  /** The models that are known by name. */
  catalogue(): Promise<Catalogue> {
    this.#catalogue ??= this.#read<readonly CatalogueRecord[]>("models.json").then(catalogueOf);
    return this.#catalogue;
  }

  /** What no config can be read without: the frameworks have their vocabularies, and the models that are known are returned. */
  async load(): Promise<Catalogue> {
    const [catalogue, vocabularies] = await Promise.all([this.catalogue(), this.#allVocabularies()]);
    loadVocabularies(vocabularies);
    return catalogue;
  }

  /** The keys of a framework with their documentation; none for a framework that is not known. */
  async vocabularyOf(dialect: string): Promise<Vocabulary> {
    return (await this.#allVocabularies())[dialect] ?? {};
  }

  #allVocabularies(): Promise<Readonly<Record<string, Vocabulary>>> {
    this.#vocabularies ??= this.#read("vocabularies.json");
    return this.#vocabularies;
  }

  async #read<T>(name: string): Promise<T> {
    const bytes = await workspace.fs.readFile(Uri.joinPath(this.#folder, name));
    return JSON.parse(new TextDecoder().decode(bytes));
  }
}
