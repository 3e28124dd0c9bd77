import { type CatalogueRecord, catalogueOf } from "../../src/core/models/catalogue.ts";
import models from "../../src/core/models/models.json" with { type: "json" };

/** The records that the extension ships. */
export const records = models as unknown as readonly CatalogueRecord[];

/** The catalogue that the extension ships. */
export const catalogue = catalogueOf(records);

export const findModel = catalogue.find;

export function findArchitecture(name: string) {
  return catalogue.find(name)?.architecture;
}
