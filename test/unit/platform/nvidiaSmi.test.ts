import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, relative } from "node:path";
import { askNvidiaSmi } from "../../../src/platform/nvidiaSmi.ts";

describe("asking nvidia-smi", () => {
  const path = process.env["PATH"];
  let folder: string;

  before(function () {
    if (process.platform === "win32") this.skip();
    folder = mkdtempSync(join(tmpdir(), "fine-tune-lens-"));
  });

  afterEach(() => {
    process.env["PATH"] = path;
  });

  after(() => {
    if (folder) rmSync(folder, { recursive: true });
  });

  /** A folder with a program of that name; an empty one without a script. */
  const install = (name: string, script?: string) => {
    const place = join(folder, name);
    mkdirSync(place);
    if (script !== undefined) {
      writeFileSync(join(place, "nvidia-smi"), `#!/bin/sh\n${script}\n`);
      chmodSync(join(place, "nvidia-smi"), 0o755);
    }
    return place;
  };

  it("passes on the lines, and asks for names and memory without units", async () => {
    process.env["PATH"] = [install("good", 'echo "$@"; echo "Tesla T4, 15360"'), path].join(delimiter);
    assert.deepEqual(await askNvidiaSmi(), {
      kind: "lines",
      text: "--query-gpu=name,memory.total --format=csv,noheader,nounits\nTesla T4, 15360\n",
    });
  });

  it("tells that it is absent, even where a folder has that name or a file that cannot be started", async () => {
    const place = install("absent");
    mkdirSync(join(place, "nvidia-smi"));
    const text = install("text");
    writeFileSync(join(text, "nvidia-smi"), "not a program");
    process.env["PATH"] = [place, text].join(delimiter);
    assert.deepEqual(await askNvidiaSmi(), { kind: "absent" });
    process.env["PATH"] = "";
    assert.deepEqual(await askNvidiaSmi(), { kind: "absent" });
  });

  it("passes over folders of the PATH that depend on where the program runs", async () => {
    const place = install("relative", "echo never");
    process.env["PATH"] = ["", ".", relative(process.cwd(), place)].join(delimiter);
    assert.deepEqual(await askNvidiaSmi(), { kind: "absent" });
  });

  it("tells the first line of what went wrong", async () => {
    process.env["PATH"] = install(
      "broken",
      'echo "Failed to initialize NVML: Driver/library version mismatch"; exit 18',
    );
    assert.deepEqual(await askNvidiaSmi(), {
      kind: "failed",
      message: "Failed to initialize NVML: Driver/library version mismatch",
    });
  });
});
