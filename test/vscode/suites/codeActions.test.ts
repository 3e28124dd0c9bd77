import { assert } from "chai";
import { type CodeAction, commands, type TextDocument, workspace } from "vscode";
import { diagnosticsWhen, hotConfig, open } from "../documents.ts";

async function fixesOf(document: TextDocument): Promise<readonly CodeAction[]> {
  const [warning] = await diagnosticsWhen(document.uri, ({ length }) => length === 1);
  const actions = await commands.executeCommand<readonly CodeAction[]>(
    "vscode.executeCodeActionProvider",
    document.uri,
    warning?.range,
    "quickfix",
  );
  return actions.filter(({ title }) => title.startsWith("Set "));
}

describe("quick fixes in VS Code", () => {
  it("offer the usual rate first and preferred", async () => {
    const { document } = await open(hotConfig);
    const fixes = await fixesOf(document);
    assert.deepEqual(
      fixes.map(({ title, isPreferred }) => [title, isPreferred]),
      [
        ["Set learning_rate to 2e-5 (usual for full fine-tuning)", true],
        ["Set learning_rate to 5e-5 (upper edge for full fine-tuning)", false],
      ],
    );
  });

  it("change the value alone, comments and layout untouched, in one undo step", async () => {
    const { document } = await open(hotConfig);
    const [fix] = await fixesOf(document);
    assert.isOk(fix?.edit);
    if (fix?.edit) await workspace.applyEdit(fix.edit);
    assert.equal(document.getText(), hotConfig.replace("2e-4", "2e-5"));
    await diagnosticsWhen(document.uri, ({ length }) => length === 0);
    await commands.executeCommand("undo");
    assert.equal(document.getText(), hotConfig);
  });
});
