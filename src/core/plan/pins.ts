import { versionedLibraries } from "./releases.ts";
import type { Versions } from "./versions.ts";

/** Files that say which releases a project uses, the surest first: what is installed, what is asked for, what is allowed. */
const pinFiles: readonly (readonly [name: RegExp, read: (text: string) => Versions])[] = [
  [/^uv\.lock$/, lockedVersions],
  [/^requirements.*\.txt$/, requiredVersions],
  [/^pyproject\.toml$/, projectVersions],
];

/** A version such as `4.48.1`, without what follows it (`rc1`, `+cu121`, `.*`). */
const version = String.raw`v?(\d+(?:\.\d+)+)(?:\.\*|[^"',\s;]*)`;

/** Whether a file of that name may pin releases. */
export function mayPin(name: string): boolean {
  return pinFiles.some(([pattern]) => pattern.test(name));
}

/**
 * The releases that the files of one folder pin, of the libraries whose release matters; the text of each file by its name.
 * Only a lock, `==` and the `~=` of a minor release count: a lower bound says nothing about the release that runs.
 */
export function pinnedVersions(files: ReadonlyMap<string, string>): Versions {
  const found = pinFiles.flatMap(([pattern, read]) =>
    [...files.keys()]
      .filter((name) => pattern.test(name))
      .sort((a, b) => a.length - b.length)
      .map((name) => read(files.get(name) ?? "")),
  );
  return Object.assign({}, ...found.reverse());
}

/** Requirements as pip reads them, one a line: `transformers[torch]==4.48.1 ; python_version >= "3.10"`. */
function requiredVersions(text: string): Versions {
  return collect(text.split(/\r?\n/).map(requirement));
}

/** Requirements in quotes, as in PEP 621's lists, and Poetry's `transformers = "4.48.1"`. */
function projectVersions(text: string): Versions {
  const lines = text.split(/\r?\n/).filter((line) => !line.trimStart().startsWith("#"));
  const quoted = lines.flatMap((line) => [...line.matchAll(/"([^"]*)"|'([^']*)'/g)].map(([, a, b]) => a ?? b ?? ""));
  const poetry = lines.map((line) => {
    const [, name, , release] =
      new RegExp(String.raw`^\s*"?([\w.-]+)"?\s*=\s*(\{.*\bversion\s*=\s*)?["']=*${version}["']`).exec(line) ?? [];
    return name && release ? ([name, release] as const) : undefined;
  });
  return collect([...quoted.map(requirement), ...poetry]);
}

function lockedVersions(text: string): Versions {
  const entries = text.matchAll(/^\[\[package\]\]\s*^name = "([^"]+)"\s*^version = "(\d+(?:\.\d+)+)[^"]*"/gm);
  return collect([...entries].map(([, name = "", release = ""]) => [name, release] as const));
}

/** The name and the release of a requirement that pins one. */
function requirement(text: string): readonly [name: string, release: string] | undefined {
  const [, name, operator, release] =
    new RegExp(String.raw`^\s*([\w.-]+)\s*(?:\[[^\]]*\])?\s*\(?\s*(===?|~=)\s*${version}`).exec(text) ?? [];
  if (!name || !release) return undefined;
  if (operator !== "~=") return [name, release];
  const series = release.slice(0, release.lastIndexOf("."));
  return series.includes(".") ? [name, series] : undefined;
}

/** The first release that is named for each library. */
function collect(pairs: readonly (readonly [name: string, release: string] | undefined)[]): Versions {
  const named = pairs.flatMap((pair) => (pair && versionedLibraries.has(pair[0].toLowerCase()) ? [pair] : []));
  return Object.fromEntries([...named].reverse().map(([name, release]) => [name.toLowerCase(), release]));
}
