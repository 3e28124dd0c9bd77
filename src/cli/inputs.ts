import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import picomatch from "picomatch";
import { formatOfFile, type TextFormat } from "../core/text/document.ts";
import { UsageError } from "./usage.ts";

/** A text to look at, and the name of the file that it is or stands for. */
export interface Input {
  readonly file: string;
  readonly text: string;
  readonly format: TextFormat;
  /** Whether it was named itself, and not found in a folder. */
  readonly isNamed: boolean;
}

/** The texts at some paths: files, folders, globs that the shell has left alone, `-` for standard input, which goes by `stdinName`. */
export function* inputsAt(paths: readonly string[], stdinName: string | undefined): Generator<Input> {
  for (const path of paths) {
    if (path === "-") yield fromStdin(stdinName);
    else
      for (const { file, isNamed } of filesAt(path))
        yield { file, text: textOf(file), format: formatOfFile(file), isNamed };
  }
}

interface FoundFile {
  readonly file: string;
  readonly isNamed: boolean;
}

function filesAt(path: string): readonly FoundFile[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return configFiles(path).map((file) => ({ file, isNamed: false }));
  if (found || !/[*?[{]/.test(path)) return [{ file: path, isNamed: true }];
  const files = matching(path);
  if (files.length === 0) throw new UsageError(`no file matches ${path}`);
  return files.map((file) => ({ file, isNamed: true }));
}

/** The YAML and JSON files below a folder. */
function configFiles(folder: string): readonly string[] {
  return filesBelow(folder).filter((file) => /\.(?:ya?ml|jsonc?)$/.test(file));
}

/** The files that a glob means. */
function matching(glob: string): readonly string[] {
  const slashed = glob.split(sep).join("/");
  const { base } = picomatch.scan(slashed);
  if (!statSync(base || ".", { throwIfNoEntry: false })?.isDirectory()) return [];
  const matches = picomatch(slashed);
  return filesBelow(base || ".").filter((file) => matches(file.split(sep).join("/")));
}

/** Without hidden files and folders and node_modules. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith(".") && name !== "node_modules")
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const inside = join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(inside);
      return entry.isFile() ? [inside] : [];
    });
}

function fromStdin(name: string | undefined): Input {
  const text = readFileSync(0, "utf8");
  const format = name === undefined ? (/^\s*[{[]/.test(text) ? "json" : "yaml") : formatOfFile(name);
  return { file: name ?? (format === "json" ? "stdin.json" : "stdin.yaml"), text, format, isNamed: true };
}

export function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}
