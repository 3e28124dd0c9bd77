import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { askNvidiaSmi } from "../../../src/platform/nvidiaSmi.ts";

const onWindows = process.platform === "win32";
const program = onWindows ? "nvidia-smi.exe" : "nvidia-smi";

describe("asking nvidia-smi", () => {
  const here = process.cwd();
  const path = process.env["PATH"];
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "fine-tune-lens-"));
  });

  afterEach(() => {
    process.chdir(here);
    process.env["PATH"] = path;
  });

  after(() => rmSync(folder, { recursive: true }));

  /** A folder with what `make` puts at the program's place. */
  const install = (name: string, make: (place: string) => void) => {
    const place = join(folder, name);
    mkdirSync(place);
    make(join(place, program));
    return place;
  };
  /** Node itself, which ends with an error since it has no such options. */
  const node = (place: string) => (onWindows ? copyFileSync : symlinkSync)(process.execPath, place);

  it("tells that it is absent, even where a folder has that name", async () => {
    process.env["PATH"] = install("folder", (place) => mkdirSync(place));
    assert.deepEqual(await askNvidiaSmi(), { kind: "absent" });
    process.env["PATH"] = "";
    assert.deepEqual(await askNvidiaSmi(), { kind: "absent" });
  });

  it("passes over folders of the PATH that depend on where the program runs", async () => {
    process.chdir(install("relative", node));
    process.env["PATH"] = ["", ".", join("..", "relative")].join(delimiter);
    assert.deepEqual(await askNvidiaSmi(), { kind: "absent" });
  });

  it("asks for names and memory without units, and tells the first line of what went wrong", async () => {
    process.env["PATH"] = install("failing", node);
    const answer = await askNvidiaSmi();
    assert.equal(answer.kind, "failed");
    assert.match(answer.kind === "failed" ? answer.message : "", /bad option: --query-gpu=name,memory\.total$/);
  });

  // On Windows, a script is no program.
  if (onWindows) return;

  const script = (text: string) => (place: string) => {
    writeFileSync(place, `#!/bin/sh\n${text}\n`);
    chmodSync(place, 0o755);
  };

  it("passes on the lines", async () => {
    process.env["PATH"] = [install("good", script('echo "$@"; echo "Tesla T4, 15360"')), path].join(delimiter);
    assert.deepEqual(await askNvidiaSmi(), {
      kind: "lines",
      text: "--query-gpu=name,memory.total --format=csv,noheader,nounits\nTesla T4, 15360\n",
    });
  });

  it("tells that it is absent where a file of that name cannot be started", async () => {
    process.env["PATH"] = install("text", (place) => writeFileSync(place, "not a program"));
    assert.deepEqual(await askNvidiaSmi(), { kind: "absent" });
  });

  it("tells what a failing program says on its output", async () => {
    const message = "Failed to initialize NVML: Driver/library version mismatch";
    process.env["PATH"] = install("broken", script(`echo "${message}"; exit 18`));
    assert.deepEqual(await askNvidiaSmi(), { kind: "failed", message });
  });
});
