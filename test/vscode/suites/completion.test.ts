import { assert } from "chai";
import {
  CompletionItem,
  CompletionItemKind,
  type CompletionList,
  commands,
  languages,
  MarkdownString,
  Position,
  type TextDocument,
} from "vscode";
import { hotConfig, open } from "../documents.ts";

/** What is offered behind the last character. */
async function offered(document: TextDocument, trigger?: string): Promise<readonly CompletionItem[]> {
  const end = document.lineAt(document.lineCount - 1).range.end;
  const { items } = await commands.executeCommand<CompletionList>(
    "vscode.executeCompletionItemProvider",
    document.uri,
    end,
    trigger,
  );
  return items.filter(({ kind }) => kind !== CompletionItemKind.Text);
}

describe("completion in VS Code", () => {
  it("offers the framework's keys that are missing, with documentation and default", async () => {
    const { document } = await open(`${hotConfig}warm`);
    const items = await offered(document);
    const steps = items.find(({ label }) => label === "warmup_steps");
    assert.equal(steps?.kind, CompletionItemKind.Property);
    assert.equal(steps?.detail, "default: 0");
    assert.instanceOf(steps?.documentation, MarkdownString);
    const names = items.map(({ label }) => label);
    assert.notInclude(names, "learning_rate");
    assert.notInclude(names, "warmup_ratio");
  });

  it("offers values behind a key, on a space too, and no keys on a space", async () => {
    const { document } = await open(`${hotConfig}pref_loss: `);
    for (const trigger of [undefined, " "]) {
      const names = (await offered(document, trigger)).map(({ label }) => label);
      assert.includeMembers(names, ["sigmoid", "orpo", "simpo"]);
    }
    const { document: below } = await open(`${hotConfig} `);
    assert.deepEqual(await offered(below, " "), []);
  });

  it("is silent about what another extension offers at the same place", async () => {
    const other = languages.registerCompletionItemProvider("yaml", {
      provideCompletionItems: () => [new CompletionItem("warmup_steps", CompletionItemKind.Property)],
    });
    try {
      const { document } = await open(`${hotConfig}warm`);
      const items = await offered(document);
      const steps = items.filter(({ label }) => label === "warmup_steps");
      assert.lengthOf(steps, 1);
      assert.isUndefined(steps[0]?.documentation);
      assert.include(
        items.map(({ label }) => label),
        "weight_decay",
      );
    } finally {
      other.dispose();
    }
  });

  it("offers nothing in other files", async () => {
    const { document } = await open("on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n");
    const { items } = await commands.executeCommand<CompletionList>(
      "vscode.executeCompletionItemProvider",
      document.uri,
      new Position(4, 0),
    );
    assert.deepEqual(
      items.filter(({ kind }) => kind === CompletionItemKind.Property),
      [],
    );
  });
});
