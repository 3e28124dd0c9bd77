import { builtInCatalogue } from "../../src/core/models/builtIn.ts";

/** The catalogue that the extension ships. */
export const catalogue = builtInCatalogue;

export const { records, find: findModel } = catalogue;

export function findArchitecture(name: string) {
  return catalogue.find(name)?.architecture;
}
