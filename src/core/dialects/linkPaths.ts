/**
 * Where a file that a config points to may be: beside the config, then in each of `roots`, the folders of the workspace.
 * Paths are absolute with forward slashes. Nothing outside `roots` is among them, however the path is written, nor
 * anything for a path that only a shell can resolve, such as `~/x.json` or `$HOME/x.json`.
 */
export function candidatePaths(path: string, folder: string, roots: readonly string[]): readonly string[] {
  const written = path.trim().replaceAll("\\", "/");
  if (written === "" || /^~|\$|^[a-z][a-z\d+.-]+:\/\//i.test(written)) return [];
  const bases = isAbsolute(written) ? [""] : [folder, ...roots];
  const found = bases.map((base) => resolved(base === "" ? written : `${base}/${written}`));
  return [...new Set(found)].filter((candidate) => roots.some((root) => isInside(candidate, root)));
}

/** Whether an absolute path is below `folder`. */
export function isInside(path: string, folder: string): boolean {
  const end = folder.endsWith("/") ? folder : `${folder}/`;
  return path.startsWith(end);
}

function isAbsolute(path: string): boolean {
  return /^(?:\/|[a-z]:\/)/i.test(path);
}

/** Without `.` and `..`. */
function resolved(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return `${path.startsWith("/") ? "/" : ""}${parts.join("/")}`;
}
