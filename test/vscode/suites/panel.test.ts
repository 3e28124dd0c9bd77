import { assert } from "chai";
import { commands, ViewColumn, window } from "vscode";
import { hotConfig, open, panels, panelTab } from "../documents.ts";

describe("the panel in VS Code", () => {
  afterEach(() => window.tabGroups.close(panels()));

  it("opens one panel beside the editor and leaves the editor active", async () => {
    const editor = await open(hotConfig);
    await commands.executeCommand("fineTuneLens.plotSchedule");
    const { label, group } = await panelTab();
    assert.equal(label, "Fine-Tune Lens");
    assert.equal(group.viewColumn, ViewColumn.Two);
    assert.equal(window.activeTextEditor?.document, editor.document);
    await commands.executeCommand("fineTuneLens.plotSchedule");
    assert.lengthOf(panels(), 1);
  });

  for (const command of ["fineTuneLens.plotSchedule", "fineTuneLens.showMemory", "fineTuneLens.compareMethods"]) {
    it(`opens by ${command}, and is one panel for all`, async () => {
      await open(hotConfig);
      await commands.executeCommand("fineTuneLens.plotSchedule");
      await commands.executeCommand(command);
      assert.equal((await panelTab()).label, "Fine-Tune Lens");
      assert.lengthOf(panels(), 1);
    });
  }
});
