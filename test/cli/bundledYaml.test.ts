import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import fc from "fast-check";
import { yamlReader } from "../../scripts/bundle/yaml.mjs";
import type { ConfigDocument } from "../../src/core/text/document.ts";
import { parseYaml } from "../../src/core/text/yaml.ts";

type Parse = typeof parseYaml;

const pieces = [
  ..."\n{}[],:-?|>'\"#&*!%\t ".split(""),
  ...["\n  ", "\n    ", "\n- ", ": ", "? ", "<<: *x", "&x ", "*x", "---\n", "...\n", "\r\n", "|-\n  ", ">2\n", "\\n"],
  ...["!!set ", "!!binary ", "!!map ", "!!int ", "!own ", "!<tag:x> ", "%YAML 1.1\n", "%YAML 1.2\n", "%TAG !e! x:\n"],
  ...["lr", "rank: ", "1e-5", "true", "~", "8 # bits"],
];

/** What a text reads as, without the function of each document. */
function read(parse: Parse, text: string): readonly unknown[] {
  return parse(text).map(({ rangeOf: _, ...document }: ConfigDocument) => document);
}

/** The extension and the command line bundle yaml without what they never use of it. */
describe("reading YAML in a bundle", () => {
  let bundled: Parse;

  before(async () => {
    const { outputFiles } = await build({
      entryPoints: ["src/core/text/yaml.ts"],
      bundle: true,
      platform: "browser",
      format: "esm",
      plugins: [yamlReader],
      write: false,
    });
    const code = Buffer.from(outputFiles[0]?.contents ?? "").toString("base64");
    bundled = (await import(`data:text/javascript;base64,${code}`)).parseYaml;
  });

  it("gives what the whole package gives, for every example", () => {
    for (const { parentPath, name } of readdirSync("examples", { recursive: true, withFileTypes: true })) {
      if (!name.endsWith(".yaml")) continue;
      const text = readFileSync(join(parentPath, name), "utf8");
      assert.deepEqual(read(bundled, text), read(parseYaml, text), name);
    }
  });

  it("gives what the whole package gives, for any text", () => {
    const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((chosen) => `lr: 1\n${chosen.join("")}`);
    fc.assert(
      fc.property(texts, (text) => assert.deepEqual(read(bundled, text), read(parseYaml, text))),
      { numRuns: 200 },
    );
  });
});
