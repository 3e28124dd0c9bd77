import { assert } from "chai";
import { ConfigurationTarget } from "vscode";
import { diagnosticsWhen, hintLabels, hotConfig, hoverTextWhen, open, replace } from "../documents.ts";
import { lenses, set, settings, titles, untouched, verdictWhen } from "../targets.ts";

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
