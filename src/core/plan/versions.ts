/** Releases of the libraries that a run uses, such as `{ transformers: "4.48.1" }`; the newest is meant where absent. */
export type Versions = Readonly<Partial<Record<string, string>>>;

/** Reads `transformers=4.48.1,torch=2.4.1`; parts without a name and a version are left out. */
export function versionsFrom(text: string): Versions {
  const pairs = text.split(",").map((part) => part.trim().split(/==?/));
  return Object.fromEntries(
    pairs.flatMap(([name, version]) => (name && version ? [[name.trim(), version.trim()]] : [])),
  );
}

/** Whether `library` is at `release` or newer; a library without a version is taken to be the newest. */
export function isAtLeast(versions: Versions, library: string, release: string): boolean {
  const version = versions[library];
  if (version === undefined) return true;
  const wanted = numbers(release);
  const actual = numbers(version);
  for (let part = 0; part < wanted.length; part++) {
    const difference = (actual[part] ?? 0) - (wanted[part] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** Whether somebody says which release of `library` runs. */
export function isPinned(versions: Versions, library: string): boolean {
  return versions[library] !== undefined;
}

function numbers(version: string): readonly number[] {
  return version.split(".").map((part) => Number.parseInt(part, 10) || 0);
}
