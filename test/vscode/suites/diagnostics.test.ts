import { assert } from "chai";
import { commands, DiagnosticSeverity, type Uri } from "vscode";
import { diagnosticsWhen, hotConfig, open, replace } from "../documents.ts";

describe("diagnostics in VS Code", () => {
  it("warn on the value of a rate that is too high, with a link to the rule", async () => {
    const { document } = await open(hotConfig);
    const [warning, ...others] = await diagnosticsWhen(document.uri, ({ length }) => length > 0);
    assert.deepEqual(others, []);
    assert.equal(warning?.severity, DiagnosticSeverity.Warning);
    assert.equal(document.getText(warning?.range), "2e-4");
    assert.match(
      warning?.message ?? "",
      /^2e-4 is 10 times the usual rate \(2e-5\) for full fine-tuning of 6\.74B parameters/,
    );
    const code = warning?.code as { readonly value: string; readonly target: Uri };
    assert.equal(code.value, "lr/too-high");
    assert.match(code.target.toString(true), /^https:\/\/.+\/docs\/rules\/lr\.md#lrtoo-high$/);
  });

  it("appear while typing, in a file that was never saved, and go when the value is right", async () => {
    const editor = await open(hotConfig.replace("2e-4", "2e-5"));
    const { document } = editor;
    await replace(editor, "2e-5", "2e-4");
    await diagnosticsWhen(document.uri, ({ length }) => length === 1);
    assert.isTrue(document.isDirty || document.isUntitled);
    await replace(editor, "2e-4", "2e-5");
    await diagnosticsWhen(document.uri, ({ length }) => length === 0);
  });

  it("survive a file that is being typed: the last full text counts", async () => {
    const editor = await open(hotConfig);
    await diagnosticsWhen(editor.document.uri, ({ length }) => length === 1);
    await replace(editor, "bf16: true", "bf16: [");
    await replace(editor, "2e-4", "1e-5");
    await diagnosticsWhen(editor.document.uri, ({ length }) => length === 0);
  });

  it("are gone with the file", async () => {
    const { document } = await open(hotConfig);
    await diagnosticsWhen(document.uri, ({ length }) => length === 1);
    await commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    await diagnosticsWhen(document.uri, ({ length }) => length === 0);
  });
});
