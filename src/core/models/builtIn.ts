import { type Catalogue, type CatalogueRecord, catalogueOf } from "./catalogue.ts";
import models from "./models.json";

/** The models that are known without asking anyone. */
export const builtInCatalogue: Catalogue = catalogueOf(models as unknown as readonly CatalogueRecord[]);
