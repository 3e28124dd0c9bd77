import { type Answer, known, missing } from "../answer.ts";
import { t } from "../language.ts";
import type { TrainingPlan } from "../plan/plan.ts";
import { formatCount } from "../units.ts";
import type { Architecture } from "./architecture.ts";
import type { Catalogue } from "./catalogue.ts";
import { countParameters, type ParameterCount } from "./parameters.ts";
import type { QuantizedCopy } from "./quantizedCopy.ts";
import { shapeArchitecture } from "./shape.ts";
import { sizeInName } from "./sizeInName.ts";

/** What is known of the model that a plan trains, and where from. */
export type ModelFacts = KnownModel | NamedModel;

/** A model whose every part is known. */
export interface KnownModel {
  readonly kind: "architecture";
  /** As the config writes it. */
  readonly id: string;
  readonly architecture: Architecture;
  readonly parameters: ParameterCount;
  readonly source: "config.json" | "cache" | "hub" | "catalogue" | "shape";
  /** Set where the name is that of a copy with quantised weights. */
  readonly quantized: QuantizedCopy | null;
  /** Whether there are vision or audio towers that are not counted. */
  readonly textOnly: boolean;
}

/** A model of which only the size is known, from its name: the last resort. */
export interface NamedModel {
  readonly kind: "size";
  readonly id: string;
  readonly parameters: { readonly total: number };
  readonly source: "name";
}

/** Architectures that are known outside of this extension: in the workspace, in the user's cache, on the hub. */
export type ArchitectureLookUp = (id: string) => FoundArchitecture | undefined;

export interface FoundArchitecture {
  readonly architecture: Architecture;
  readonly source: "config.json" | "cache" | "hub";
  readonly textOnly?: boolean;
}

/** Asks, in this order, outside, the shape that the config spells out, the catalogue, and the size in the name. */
export function modelFacts(
  { model }: Pick<TrainingPlan, "model">,
  catalogue: Catalogue,
  lookUp?: ArchitectureLookUp,
): Answer<ModelFacts> {
  const id = model.id.value;
  const named = id === undefined ? undefined : catalogue.find(id);
  const quantized = named?.quantized ?? null;
  const found = id === undefined ? undefined : lookUp?.(id);
  // A config.json does not tell the size of what sees or hears; the catalogue may.
  const isPart = (found?.textOnly ?? false) && named !== undefined && !named.textOnly;
  if (id !== undefined && found && !isPart) {
    return fact({ id, textOnly: false, ...withTowers(found, catalogue), quantized });
  }
  const shape = model.shape?.value;
  if (shape) {
    const { layers, hidden, heads, vocab } = shape;
    if (![layers, hidden, heads, vocab].every((size) => Number.isInteger(size) && size > 0))
      return missing(t`a size of the model that the file spells out is no whole number above 0`);
    const name = id ?? t`${shape.layers} layers of ${shape.hidden}`;
    return fact({
      id: name,
      architecture: shapeArchitecture(shape, name),
      source: "shape",
      quantized,
      textOnly: false,
    });
  }
  if (id === undefined) return missing(t`the model is not known: ${model.id.note}`);
  if (named) return fact({ id, ...named, source: "catalogue" });
  const total = sizeInName(id);
  if (total !== undefined) return known({ kind: "size", id, parameters: { total }, source: "name" });
  return missing(t`the architecture of ${id} is not known`);
}

/** A config.json of the shape of a model of the catalogue that sees or hears has the same towers. */
function withTowers(found: FoundArchitecture, { records }: Catalogue): FoundArchitecture {
  const { architecture, textOnly } = found;
  const { type, hidden, layers } = architecture;
  const same = records.find((record) => record.type === type && record.hidden === hidden && record.layers === layers);
  if (!textOnly || !same?.nonText) return found;
  return { ...found, architecture: { ...architecture, nonTextParameters: same.nonText }, textOnly: false };
}

/** The architecture of a model that is known whole, or the reason why it is not. */
export function architectureIn(model: Answer<ModelFacts>): Answer<Architecture> {
  if (!model.value) return model;
  const { id } = model.value;
  if (model.value.kind === "size") return missing(t`the architecture of ${id} is not known, only the size in its name`);
  if (model.value.textOnly) return missing(t`only the text part of ${id} is known, not what sees or hears`);
  return known(model.value.architecture);
}

/** Far deeper than any model is. */
const mostLayers = 10_000;

function fact(model: Omit<KnownModel, "kind" | "parameters">): Answer<ModelFacts> {
  if (model.architecture.layers > mostLayers)
    return missing(t`no model has more than ${formatCount(mostLayers)} layers`);
  return known({ kind: "architecture", ...model, parameters: countParameters(model.architecture) });
}
