import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const refused = [
  ["src/core/text", 'export { window } from "vscode";', "noRestrictedImports"],
  ["src/core/memory", 'export { readFileSync } from "node:fs";', "noRestrictedImports"],
  ["src/core", 'export { Panel } from "../features/panel.ts";', "noRestrictedImports"],
  ["src/core/plan", 'export { dialects } from "../dialects/index.ts";', "noRestrictedImports"],
  ["src/core/memory", 'export { hoverAt } from "../report/hover.ts";', "noRestrictedImports"],
  ["src/core/rules", 'export { analyze } from "../analyze.ts";', "noRestrictedImports"],
  ["src/features", 'export { readFileSync } from "node:fs";', "noRestrictedImports"],
  ["src/webview", 'export { window } from "vscode";', "noRestrictedImports"],
  ["src/core", "export const title = document.title;", "noRestrictedGlobals"],
  ["src/core", "export const now = Date.now();", "noRestrictedGlobals"],
  ["src/core", "export const dice = Math.random();", "no randomness"],
] as const;

const allowed = [
  ["src/core/memory", 'export { gpus } from "../gpus/catalogue.ts";'],
  ["src/core/report", 'export { analyze } from "../analyze.ts";'],
  ["src/features", 'export { window } from "vscode";'],
] as const;

describe("the linter keeps the shape of the code", () => {
  let verdicts: ReadonlyMap<string, string>;

  before(() => {
    const cases = [...refused, ...allowed].map(([folder, line], index) => [`${folder}/case${index}.ts`, line] as const);
    verdicts = lint(cases);
  });

  for (const [index, [folder, line, rule]] of refused.entries()) {
    it(`and refuses \`${line}\` in ${folder}`, () => {
      assert.ok(verdicts.get(`${folder}/case${index}.ts`)?.includes(rule));
    });
  }

  for (const [index, [folder, line]] of allowed.entries()) {
    it(`and allows \`${line}\` in ${folder}`, () => {
      assert.equal(verdicts.get(`${folder}/case${refused.length + index}.ts`), undefined);
    });
  }
});

/** What the linter says about files with one line each, by their paths. */
function lint(files: readonly (readonly [path: string, line: string])[]): ReadonlyMap<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "fine-tune-lens-"));
  try {
    for (const part of ["biome.json", "lint"]) cpSync(part, join(folder, part), { recursive: true });
    for (const [path, line] of files) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), `${line}\n`);
    }
    const biome = join(process.cwd(), "node_modules/@biomejs/biome/bin/biome");
    const { stdout } = spawnSync(process.execPath, [biome, "lint", "--vcs-enabled=false", "--reporter=github", "src"], {
      encoding: "utf8",
      cwd: folder,
    });
    const said = stdout.split("\n").flatMap((text) => {
      const path = /file=[^,]*(src\/[^,]+)/.exec(text)?.[1];
      return path ? [[path, text] as const] : [];
    });
    return new Map(said);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
