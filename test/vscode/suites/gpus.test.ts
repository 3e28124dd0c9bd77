import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { assert } from "chai";
import { type CodeLens, ConfigurationTarget, commands, type TextDocument, workspace } from "vscode";
import { diagnosticsWhen, hintLabels, hotConfig, hoverTextWhen, open, replace } from "../documents.ts";

const settings = () => workspace.getConfiguration("fineTuneLens");

/** Sets settings of the workspace; undefined takes them back. */
async function set(values: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    await settings().update(name, value, ConfigurationTarget.Workspace);
  }
}

const untouched = { gpu: undefined, gpuCount: undefined, customGpus: undefined, versions: undefined };

async function lenses({ uri }: TextDocument): Promise<readonly CodeLens[]> {
  return commands.executeCommand<readonly CodeLens[]>("vscode.executeCodeLensProvider", uri);
}

const titles = async (document: TextDocument) => (await lenses(document)).map(({ command }) => command?.title ?? "");

/** The verdict above the first line as soon as it matches; the test's time limit ends the wait. */
async function verdictWhen(document: TextDocument, pattern: RegExp): Promise<string> {
  for (;;) {
    const [verdict = ""] = await titles(document);
    if (pattern.test(verdict)) return verdict;
  }
}

describe("CodeLens in VS Code", () => {
  it("shows the verdict and the plot above line 1; both open the panel", async () => {
    const { document } = await open(hotConfig);
    const found = await lenses(document);
    assert.match(found[0]?.command?.title ?? "", /^\d+\.\d GiB per GPU · fits 1× H200 141GB \(1 GPU assumed\)$/);
    assert.deepEqual(
      found.map(({ command, range }) => [command?.command, command?.arguments, range.start.line]),
      [
        ["fineTuneLens.plotSchedule", [document.uri.toString()], 0],
        ["fineTuneLens.plotSchedule", [document.uri.toString()], 0],
      ],
    );
    assert.equal(found[1]?.command?.title, "Plot LR Schedule");
  });

  it("follows the text before it is saved", async () => {
    const editor = await open(hotConfig);
    await replace(editor, "finetuning_type: full", "finetuning_type: lora");
    await verdictWhen(editor.document, /fits 1× RTX 4090 \(1 GPU assumed\)$/);
  });

  it("is not there for other files, for the old side of a diff, and when it is switched off", async () => {
    const { document } = await open("on: push\njobs: {}\n");
    assert.deepEqual(await titles(document), []);
    const config = (await open(hotConfig)).document;
    try {
      await settings().update("codeLens.enabled", false, ConfigurationTarget.Global);
      assert.deepEqual(await titles(config), []);
    } finally {
      await settings().update("codeLens.enabled", undefined, ConfigurationTarget.Global);
    }
    assert.lengthOf(await titles(config), 2);
  });
});

describe("the target GPU in VS Code", () => {
  afterEach(() => set(untouched));

  it("is named by the setting, by id or name, and every verdict follows at once", async () => {
    const { document } = await open(hotConfig);
    await set({ gpu: "a100-80gb" });
    await verdictWhen(document, /^\d+\.\d of 79\.2 GiB on A100 80GB · does not fit, needs 2× A100 80GB/);
    await hoverTextWhen(document, "cutoff_len", /^\*\*\d+\\\.\d of 79\\\.2 GiB on A100 80GB · does not fit/);
    assert.match((await hintLabels(document))[1] ?? "", /of 79\.2 GiB on A100 80GB · does not fit$/);
    await set({ gpu: "H200" });
    await verdictWhen(document, /on H200 141GB · fits \(1 GPU assumed\)$/);
    await set({ gpu: undefined });
    await verdictWhen(document, /per GPU · fits 1× H200 141GB \(1 GPU assumed\)$/);
  });

  it("comes in the number that the setting names", async () => {
    const { document } = await open(hotConfig);
    await set({ gpu: "h200", gpuCount: 8 });
    await verdictWhen(document, /on each of 8× H200 141GB/);
    assert.include(await hintLabels(document), "gradient_accumulation_steps: 8 → = 64 per update");
    await set({ gpu: undefined });
    await verdictWhen(document, /^\d+\.\d GiB per GPU · /);
    assert.include(await hintLabels(document), "gradient_accumulation_steps: 8 → = 64 per update");
  });

  it("may be one of the user's own", async () => {
    const { document } = await open(hotConfig);
    await set({ customGpus: [{ name: "Lab Card", memoryGiB: 500, bf16: false }], gpu: "lab card" });
    await verdictWhen(document, /of 490\.0 GiB on Lab Card · fits \(1 GPU assumed\)$/); // 500 less 2 %
    const findings = await diagnosticsWhen(document.uri, ({ length }) => length === 2);
    assert.include(findings[1]?.message, "The Lab Card has no units for bfloat16");
    assert.equal(document.getText(findings[1]?.range), "true");
  });

  it("that nobody knows, and a number that is none, change nothing", async () => {
    const { document } = await open(hotConfig);
    await set({ gpu: "a100-80gb" });
    await verdictWhen(document, /on A100 80GB/);
    await set({ gpu: "abacus", gpuCount: -3, customGpus: "none" });
    await verdictWhen(document, /per GPU · fits 1× H200 141GB \(1 GPU assumed\)$/);
  });
});

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
  const detect = async () => {
    let done = false;
    const command = Promise.resolve(commands.executeCommand("fineTuneLens.selectGpu")).finally(() => {
      done = true;
    });
    while (!done) await commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
    await command;
  };

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
});
