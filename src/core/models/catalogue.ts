import type { Architecture } from "./architecture.ts";
import { architectureOf, type Dimensions } from "./dimensions.ts";
import { type NameForms, nameForms, wordForms } from "./names.ts";
import type { QuantizedCopy } from "./quantizedCopy.ts";

/** A model of the catalogue: its dimensions, its names, and where the facts come from. */
export interface CatalogueRecord extends Dimensions {
  /** Models of the same shape: mirrors, variants, fine-tunes, quantised copies. */
  readonly aliases?: readonly string[];
  /** Models with further towers whose text tower has this shape. */
  readonly textOf?: readonly string[];
  /** Parameters of those towers and of what joins them to the text, where they are known; 0 where the models have none. */
  readonly towers?: number;
  /** torchtune's builders, without `lora_` and `qlora_`. */
  readonly builders?: readonly string[];
  /** Parameters as published, or as transformers' own class counts them. */
  readonly parameters: number;
  readonly source: string;
}

/** What the catalogue knows of a name. */
export interface CatalogueModel {
  readonly architecture: Architecture;
  /** Set where the name is that of a copy with quantised weights. */
  readonly quantized: QuantizedCopy | null;
  /** Whether the model has vision or audio towers that are not counted. */
  readonly textOnly: boolean;
}

/** What is known of models by their names. */
export interface Catalogue {
  /** By a Hugging Face id, a variant or copy of it, a builder, or a path that ends so. */
  readonly find: (name: string) => CatalogueModel | undefined;
  readonly records: readonly CatalogueRecord[];
}

/** The catalogue of some records; its indexes are made when they are first needed. */
export function catalogueOf(records: readonly CatalogueRecord[]): Catalogue {
  let written: WrittenNames | undefined;
  let worded: WordedNames | undefined;
  const looked = new Map<string, CatalogueModel | undefined>();
  const findByWords = ({ words, stem }: NameForms): Entry | undefined => {
    worded ??= indexWords(records);
    return agreed(worded.words.get(words)) ?? agreed(worded.stems.get(stem));
  };
  const lookUp = (name: string): CatalogueModel | undefined => {
    const forms = nameForms(name);
    if (!forms) return undefined;
    written ??= indexWritten(records);
    const entry = written.wholes.get(forms.whole) ?? written.lasts.get(forms.last) ?? findByWords(forms);
    return entry && { ...seen(entry), quantized: forms.quantized };
  };
  return {
    records,
    find(name) {
      if (looked.has(name)) return looked.get(name);
      const found = lookUp(name);
      if (looked.size >= mostRemembered) looked.clear();
      looked.set(name, found);
      return found;
    },
  };
}

/** Names whose answers are kept: those of the files that are open, and some that were typed on the way to them. */
const mostRemembered = 100;

/** The architecture of a record of a catalogue. */
export function catalogued(record: CatalogueRecord): Architecture {
  const found = architectures.get(record) ?? architectureOf(record);
  architectures.set(record, found);
  return found;
}

const architectures = new WeakMap<CatalogueRecord, Architecture>();

/** The architecture of an entry, with its towers where they are known. */
function seen(entry: Entry): Pick<CatalogueModel, "architecture" | "textOnly"> {
  const { record, textOnly } = entry;
  if (!textOnly || record.towers === undefined) return { architecture: catalogued(record), textOnly };
  const architecture = withTowers.get(record) ?? { ...catalogued(record), nonTextParameters: record.towers };
  withTowers.set(record, architecture);
  return { architecture, textOnly: false };
}

const withTowers = new WeakMap<CatalogueRecord, Architecture>();

interface Entry {
  readonly record: CatalogueRecord;
  readonly textOnly: boolean;
}

/** Names as they are written; where two models share one, the model listed first has it. */
interface WrittenNames {
  readonly wholes: ReadonlyMap<string, Entry>;
  readonly lasts: ReadonlyMap<string, Entry>;
}

/** Names by their words; only made for a name that is not among the written ones. */
interface WordedNames {
  readonly words: Shared;
  readonly stems: Shared;
}

type Shared = Map<string, Entry[]>;

function indexWritten(records: readonly CatalogueRecord[]): WrittenNames {
  const wholes = new Map<string, Entry>();
  const lasts = new Map<string, Entry>();
  for (const [name, entry] of namedEntries(records)) {
    const last = lastPart(name);
    if (!wholes.has(name)) wholes.set(name, entry);
    if (!lasts.has(last)) lasts.set(last, entry);
  }
  return { wholes, lasts };
}

function indexWords(records: readonly CatalogueRecord[]): WordedNames {
  const words: Shared = new Map();
  const stems: Shared = new Map();
  for (const [name, entry] of namedEntries(records)) {
    const forms = wordForms(lastPart(name));
    share(words, forms.words, entry);
    share(stems, forms.stem, entry);
  }
  return { words, stems };
}

function share(index: Shared, name: string, entry: Entry): void {
  const entries = index.get(name) ?? [];
  if (!entries.some(({ record }) => record === entry.record)) entries.push(entry);
  index.set(name, entries);
}

/** All names of all records, lower-case. */
function* namedEntries(records: readonly CatalogueRecord[]): Iterable<readonly [name: string, entry: Entry]> {
  for (const record of records) {
    const { id, aliases = [], textOf = [], builders = [] } = record;
    const whole = { record, textOnly: false };
    const tower = { record, textOnly: true };
    for (const name of textOf.includes(id) ? [] : [id]) yield [name.toLowerCase(), whole];
    for (const name of aliases) yield [name.toLowerCase(), whole];
    for (const name of textOf) yield [name.toLowerCase(), tower];
    for (const name of builders) yield [name, whole];
  }
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

/** The entry that a form of a name stands for; undefined where models of different shapes share it. */
function agreed(entries: readonly Entry[] | undefined): Entry | undefined {
  const [first] = entries ?? [];
  return entries?.every(({ record }) => shapeOf(record) === shapeOf(first?.record)) ? first : undefined;
}

function shapeOf(record: CatalogueRecord | undefined): string {
  return record ? [record.parameters, record.hidden, record.layers, record.vocab].join() : "";
}
