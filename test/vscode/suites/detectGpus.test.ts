import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { assert } from "chai";
import { commands } from "vscode";
import { hotConfig, open, takeFirst } from "../documents.ts";
import { set, settings, untouched, verdictWhen } from "../targets.ts";

describe("detecting the GPUs of the machine", () => {
  const path = process.env["PATH"];
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "fine-tune-lens-"));
  });

  afterEach(async () => {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true, force: true });
    await commands.executeCommand("workbench.action.closeQuickOpen");
    await commands.executeCommand("notifications.clearAll");
    await set(untouched);
  });

  /** Puts a program of that name first on the PATH of the extension host. */
  const fake = (script: string) => {
    writeFileSync(join(folder, "nvidia-smi"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "nvidia-smi"), 0o755);
    process.env["PATH"] = [folder, path].join(delimiter);
  };

  /** Runs the command and takes the first choice, which is to detect. */
  const detect = () => takeFirst("fineTuneLens.selectGpu");

  it("writes them into the settings of the workspace", async () => {
    const { document } = await open(hotConfig);
    fake('echo "NVIDIA A100-SXM4-80GB, 81920"; echo "NVIDIA A100-SXM4-80GB, 81920"');
    await detect();
    assert.equal(settings().inspect("gpu")?.workspaceValue, "a100-80gb");
    assert.equal(settings().inspect("gpuCount")?.workspaceValue, 2);
    await verdictWhen(document, /on each of 2× A100 80GB/);
  });

  it("makes one of the user's own of a GPU that the catalogue lacks", async () => {
    fake('echo "NVIDIA Quadro RTX 8000, 49152"');
    await detect();
    assert.deepEqual(settings().get("customGpus"), [{ name: "NVIDIA Quadro RTX 8000", memoryGiB: 48 }]);
    const { document } = await open(hotConfig);
    await verdictWhen(document, /of 47\.0 GiB on NVIDIA Quadro RTX 8000/); // 48 less 2 %
  });

  for (const [title, script] of [
    ["fails", 'echo "NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver."; exit 9'],
    ["knows of none", 'echo "No devices were found"'],
    ["hangs, which is given up after five seconds", "sleep 60"],
  ] as const) {
    it(`changes nothing when nvidia-smi ${title}`, async () => {
      fake(script);
      await detect();
      assert.isUndefined(settings().inspect("gpu")?.workspaceValue);
    });
  }

  it("changes nothing when there is no nvidia-smi", async () => {
    process.env["PATH"] = folder;
    await detect();
    assert.isUndefined(settings().inspect("gpu")?.workspaceValue);
  });

  it("is what Make It Fit begins with where no GPU is chosen", async () => {
    fake('echo "NVIDIA A100-SXM4-80GB, 81920"');
    const { document } = await open(hotConfig);
    await takeFirst("fineTuneLens.makeItFit");
    assert.equal(settings().get("gpu"), "a100-80gb");
    await verdictWhen(document, /on A100 80GB · fits/);
    await commands.executeCommand("undo");
    assert.equal(document.getText(), hotConfig);
  });
});
