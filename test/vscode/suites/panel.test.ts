import { assert } from "chai";
import { commands, ViewColumn, window } from "vscode";
import { hotConfig, open, panels, panelTab } from "../documents.ts";

describe("Plot LR Schedule in VS Code", () => {
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

  it("is a command of the palette's category", async () => {
    assert.include(await commands.getCommands(true), "fineTuneLens.plotSchedule");
  });
});
