import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Analysis, analyze } from "../../src/core/analyze.ts";
import { completionsAt } from "../../src/core/completion/completions.ts";
import { customGpus } from "../../src/core/gpus/customGpus.ts";
import { discriminativeTable, tableMarkdown } from "../../src/core/report/discriminativeTable.ts";
import { hoverAt } from "../../src/core/report/hover.ts";
import { workspaceSummary } from "../../src/core/report/workspaceSummary.ts";
import type { ConfigNode, Entry, TextFormat } from "../../src/core/text/document.ts";
import { parse } from "../../src/core/text/parse.ts";
import type { Position } from "../../src/core/text/position.ts";
import { catalogue } from "../unit/builtIn.ts";

/** Markup of every kind that an editor's Markdown knows; each piece has `evil` in it. */
const markup =
  "<img src=evil onerror=evil()>[evil](command:evil)![evil](https://evil.example/x.png)$(evil)**evil**`evil`|evil|https://evil.example";

const [ownGpu] = customGpus([{ name: markup, memoryGiB: 24 }]);

interface Config {
  readonly name: string;
  readonly text: string;
  readonly format: TextFormat;
}

const examples = readdirSync("examples", { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(?:ya?ml|json)$/.test(name) && !name.includes("data"))
  .map((name): Config => {
    const format = name.endsWith(".json") ? "json" : "yaml";
    return { name, text: readFileSync(join("examples", name), "utf8"), format };
  });

describe("what a file says", () => {
  for (const config of examples) {
    it(`never becomes markup: ${config.name}`, () => {
      let seen = 0;
      for (const { text, at } of hostileVersions(config)) {
        const target = { gpu: ownGpu ?? assert.fail("it is no GPU") };
        const analysis = analyze(text, { format: config.format, catalogue, target });
        for (const markdown of analysis ? markdownOf(analysis, at) : []) {
          seen += markdown.includes("evil") ? 1 : 0;
          assert.deepEqual(markupIn(markdown), [], markdown);
        }
      }
      assert.ok(seen > 0, "nothing of it was shown");
    });
  }

  it("is told from markup by this test", () => {
    assert.deepEqual(markupIn("**Fits** on \\[evil\\]\\(command\\:evil\\)"), []);
    for (const active of markup.match(/<.*?>|\[evil\]\(.*?\)|\$\(evil\)|\*\*evil\*\*|`evil`/g) ?? []) {
      assert.notDeepEqual(markupIn(`Fits on ${active}`), [], active);
    }
  });
});

/** A config with markup as the value of one key that holds words after the other, and where that key stands. */
function hostileVersions({ text, format }: Config): readonly { readonly text: string; readonly at: Position }[] {
  const [document] = parse(text, format);
  assert.ok(document);
  return entriesIn(document.root).flatMap(({ keySpan, value, valueSpan: { start, end } }) => {
    if (value.kind !== "scalar" || typeof value.value !== "string") return [];
    return {
      text: text.slice(0, start) + JSON.stringify(markup) + text.slice(end),
      at: document.rangeOf(keySpan).start,
    };
  });
}

function entriesIn(node: ConfigNode): readonly Entry[] {
  if (node.kind === "scalar") return [];
  if (node.kind === "list") return node.items.flatMap(entriesIn);
  return [...node.entries.values()].flatMap((entry) => [entry, ...entriesIn(entry.value)]);
}

/** The Markdown that is made of an analysis, as a document and at a position. */
function markdownOf(analysis: Analysis, at: Position): readonly string[] {
  const table = discriminativeTable(analysis, 2.6);
  return [
    hoverAt(analysis, at)?.markdown ?? "",
    ...completionsAt(analysis, at, []).map(({ documentation }) => documentation),
    workspaceSummary([{ path: "runs/a.yaml", analysis }], 1),
    ...(table.value ? [tableMarkdown(table.value)] : []),
  ];
}

/** What of `evil` Markdown would act on; of pictures of our own, their words alone. */
function markupIn(markdown: string): readonly string[] {
  const shown = markdown
    .replace(/!\[((?:\\.|[^\]\\])*)\]\(data:image\/svg\+xml,[^)\s]*\)/g, "$1")
    .replace(/\\[\\`*_{}[\]()#+\-.!|<>&~$:]/g, "·");
  return shown.match(/<[^>]*evil[^>]*>?|\]\([^)]*evil[^)]*\)|\$\(evil\)|\*\*evil\*\*|`evil`/g) ?? [];
}
