import type { Analysis } from "../analyze.ts";
import type { Answer } from "../answer.ts";
import type { PlotCurve } from "./schedulePlot.ts";

/** A file that is compared with the one in the panel. */
export interface ComparedFile {
  readonly uri: string;
  /** As the user knows it, with forward slashes. */
  readonly path: string;
  /** The reason goes on after the file's name and a colon. */
  readonly analysis: Answer<Analysis>;
}

/** The same on the page, which draws it unless there is a reason not to. */
export interface ComparedView {
  readonly uri: string;
  readonly label: string;
  readonly reason: string | null;
}

export function comparedViews(files: readonly ComparedFile[]): readonly ComparedView[] {
  const names = distinctNames(files.map(({ path }) => path));
  return files.map(({ uri, path, analysis }, index) => ({
    uri,
    label: names[index] ?? path,
    reason: reasonOf(analysis),
  }));
}

function reasonOf(analysis: Answer<Analysis>): string | null {
  if (analysis.value === null) return analysis.reason;
  const { schedule } = analysis.value;
  return schedule.value === null ? schedule.reason : null;
}

/** The id of the curve of the file at `uri`. */
export function curveIdOf(uri: string): string {
  return `other ${uri}`;
}

/** The curves of those that have one, under the names that `views` give them. */
export function comparedCurves(files: readonly ComparedFile[]): readonly PlotCurve[] {
  const views = comparedViews(files);
  return files.flatMap(({ uri, path, analysis }, index): readonly PlotCurve[] => {
    const schedule = analysis.value?.schedule.value;
    const label = views[index]?.label ?? path;
    return schedule ? [{ id: curveIdOf(uri), label, kind: "other", schedule }] : [];
  });
}

/** The last parts of each path, as many as it takes to tell it from all others. */
export function distinctNames(paths: readonly string[]): readonly string[] {
  return paths.map((path, index) => {
    const parts = path.split("/");
    const others = paths.filter((_, other) => other !== index);
    for (let count = 1; count < parts.length; count++) {
      const name = parts.slice(-count).join("/");
      if (!others.some((other) => other === name || other.endsWith(`/${name}`))) return name;
    }
    return path;
  });
}
