import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import type { AnalyzeOptions } from "../../../src/core/analyze.ts";
import type { LinkedFiles } from "../../../src/core/dialects/links.ts";
import { findGpu } from "../../../src/core/gpus/catalogue.ts";
import { versionsFrom } from "../../../src/core/plan/versions.ts";
import { linkedFile } from "../dialects/reading.ts";

/**
 * A config with what its rules are to say of it: `#! warning lr/too-high` behind a line means a finding that begins on that line; in
 * JSON the comment is `//!`. A first line `#? gpu=a100-80gb samples=1000` says what else is known of the run. Beside it lie the files
 * that it points to, and for each fix of its first finding of the folder's rule the text that comes of it: `run.fix1.yaml`
 * for `run.yaml`, with the fix's title in a first line `#? …`; or `run.fix1.ds.json` for a fix in `ds.json`.
 */
export interface Fixture {
  /** The rule that it is about: its folder. */
  readonly rule: string;
  readonly name: string;
  /** Without the marks. */
  readonly text: string;
  readonly options: Partial<AnalyzeOptions>;
  readonly expected: readonly string[];
  readonly fixed: readonly FixedText[];
}

export interface FixedText {
  readonly title: string;
  readonly text: string;
  /** The name of the file that is fixed, where it is one that the config points to. */
  readonly linked: string | undefined;
}

const root = "test/fixtures/rules";

const header = /^(?:#|\/\/)\? (.*)\r?\n/;
const mark = /[ \t]*(?:#|\/\/)! ((?:error|warning|information|hint) .*)$/;

export function fixtures(): readonly Fixture[] {
  return filesIn(root)
    .filter((path) => !/\.fix\d+\./.test(path) && !isLinked(path))
    .map(fixtureAt);
}

/** Files that others point to carry no marks and lie in folders with such names. */
function isLinked(path: string): boolean {
  return path.includes("/linked/");
}

function fixtureAt(path: string): Fixture {
  const source = readFileSync(path, "utf8");
  const settings = header.exec(source)?.[1] ?? "";
  const expected: string[] = [];
  const lines = source
    .replace(header, "")
    .split("\n")
    .map((line, index) => {
      const marks = mark.exec(line)?.[1]?.split(/\s*;\s*/) ?? [];
      expected.push(...marks.map((found) => `${found.trim()} on line ${index + 1}`));
      return line.replace(mark, "");
    });
  return {
    rule: dirname(path).slice(root.length + 1),
    name: path.slice(root.length + 1),
    text: lines.join("\n"),
    options: {
      format: extname(path) === ".json" ? "json" : "yaml",
      linked: linkedFiles(dirname(path)),
      ...optionsFrom(settings),
    },
    expected: expected.sort(),
    fixed: fixedTexts(path),
  };
}

function linkedFiles(folder: string): LinkedFiles {
  return {
    get(path) {
      const file = join(folder, "linked", basename(path));
      return path !== "" && existsSync(file) ? linkedFile(basename(path), readFileSync(file, "utf8")) : null;
    },
  };
}

function fixedTexts(path: string): readonly FixedText[] {
  const base = basename(path, extname(path));
  const names = readdirSync(dirname(path)).filter((name) => name.startsWith(`${base}.fix`));
  return names.sort().map((name) => {
    const source = readFileSync(join(dirname(path), name), "utf8");
    const title = header.exec(source)?.[1];
    assert.ok(title, `${name} does not say the title of its fix`);
    const rest = name.slice(`${base}.fix`.length).replace(/^\d+\./, "");
    return { title, text: source.replace(header, ""), linked: rest.includes(".") ? rest : undefined };
  });
}

function optionsFrom(settings: string): Partial<AnalyzeOptions> {
  const options: { -readonly [K in keyof AnalyzeOptions]?: AnalyzeOptions[K] } = {};
  for (const setting of settings.split(/\s+/).filter((word) => word !== "")) {
    const [name, value = ""] = /^(\w+)=(.*)$/.exec(setting)?.slice(1) ?? [];
    if (name === "samples" || name === "steps" || name === "gpus") options[name] = Number(value);
    else if (name === "versions") options.versions = versionsFrom(value);
    else if (name === "gpu") {
      const gpu = findGpu(value);
      assert.ok(gpu, `${value} is no GPU`);
      options.target = { gpu };
    } else assert.fail(`"${setting}" says nothing of a run`);
  }
  return options;
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).replaceAll("\\", "/"))
    .sort();
}
