import type { ConfigDocument } from "../text/document.ts";
import { type EditValue, setValue, setValues, type TextEdit } from "../text/edit.ts";
import type { ChangeKeys, PlanChange } from "./dialect.ts";

/** Keys behind which a new one belongs, for the changes that may have to add a line. */
const neighbours: Readonly<Partial<Record<keyof PlanChange, readonly (keyof PlanChange)[]>>> = {
  peakLearningRate: ["scheduler", "optimizer", "epochs"],
  warmupSteps: ["scheduler", "peakLearningRate"],
  warmupRatio: ["scheduler", "peakLearningRate"],
  scheduler: ["peakLearningRate"],
  optimizer: ["peakLearningRate"],
  accumulation: ["microBatch"],
  microBatch: ["accumulation"],
  evaluationBatch: ["microBatch"],
  gradientCheckpointing: ["accumulation", "microBatch"],
};

/** Edits that set a text such as `100ba`, in quotes only where the file has them or JSON wants them. */
export function writeBare(
  document: ConfigDocument,
  path: string,
  text: string,
  beside: readonly string[] = [],
): readonly TextEdit[] {
  const edits = setValue(document, path, text, beside);
  if (document.format === "json") return edits;
  return edits.map((edit) => ({ ...edit, newText: edit.newText.replace(`"${text}"`, text) }));
}

/** Edits that set the key of each change to its value, for frameworks whose keys mean the same as our terms. */
export function writeKeys(
  document: ConfigDocument,
  keys: ChangeKeys,
  { schedulerSettings, ...change }: PlanChange,
): readonly TextEdit[] {
  const edits = (Object.entries(change) as [keyof typeof change, EditValue][]).flatMap(([name, value]) => {
    const path = keys[name];
    const beside = (neighbours[name] ?? []).flatMap((other) => keys[other]?.split(".").at(-1) ?? []);
    return path === undefined ? [] : setValue(document, path, value, beside);
  });
  return [...edits, ...writeSettings(document, keys, schedulerSettings ?? {})];
}

/** Settings of the scheduler stand behind its name where they are new. */
function writeSettings(
  document: ConfigDocument,
  keys: ChangeKeys,
  settings: NonNullable<PlanChange["schedulerSettings"]>,
): readonly TextEdit[] {
  const path = keys.schedulerSettings;
  if (path === undefined) return [];
  const values = Object.entries(settings).map(([name, value]) => [path.replace("*", name), value] as const);
  return setValues(document, values, [keys.scheduler?.split(".").at(-1) ?? ""]);
}
