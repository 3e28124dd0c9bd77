import assert from "node:assert/strict";
import { mayPin, pinnedVersions } from "../../../src/core/plan/pins.ts";

const pins = (files: Readonly<Record<string, string>>) => ({ ...pinnedVersions(new Map(Object.entries(files))) });

describe("the releases that a workspace pins", () => {
  it("are read from requirements.txt", () => {
    const text = `# the run of March
torch==2.4.1+cu121 ; sys_platform == "linux"
transformers[torch] == 4.48.1  # not 4.49
trl~=0.12.2
peft==0.14.0
flash-attn==2.7.4
--extra-index-url https://download.pytorch.org/whl/cu121
`;
    assert.deepEqual(pins({ "requirements.txt": text }), {
      torch: "2.4.1",
      transformers: "4.48.1",
      trl: "0.12",
      peft: "0.14.0",
    });
  });

  it("are none where only bounds are given", () => {
    const text = "torch>=2.4\ntransformers<5\ntrl~=0.12\n# transformers==4.40.0\ntorchvision==0.19.1\n";
    assert.deepEqual(pins({ "requirements.txt": text }), {});
  });

  it("are read up to a star", () => {
    assert.deepEqual(pins({ "requirements-train.txt": "transformers==4.48.*\ntorch==2.*\n" }), {
      transformers: "4.48",
    });
  });

  it("are read from the lists of pyproject.toml", () => {
    const text = `[project]
name = "finetune"
version = "0.3.0"
dependencies = ["torch==2.6.0", 'transformers==4.51.3']

[dependency-groups]
train = [
  # "trl==0.9.6",
  "trl==0.16.1",
]
`;
    assert.deepEqual(pins({ "pyproject.toml": text }), { torch: "2.6.0", transformers: "4.51.3", trl: "0.16.1" });
  });

  it("are read from Poetry's tables", () => {
    const text = `[tool.poetry.dependencies]
python = "^3.11"
transformers = "4.44.2"
torch = { version = "2.3.1", source = "pytorch" }
trl = "^0.9"
`;
    assert.deepEqual(pins({ "pyproject.toml": text }), { transformers: "4.44.2", torch: "2.3.1" });
  });

  it("are read from uv.lock", () => {
    const text = `version = 1

[[package]]
name = "torch"
version = "2.7.1+cu128"
source = { registry = "https://download.pytorch.org/whl/cu128" }

[[package]]
name = "transformers"
version = "4.52.4"
dependencies = [{ name = "torch" }]
`;
    assert.deepEqual(pins({ "uv.lock": text }), { torch: "2.7.1", transformers: "4.52.4" });
  });

  it("come from the lock first, then from requirements.txt, then from its siblings and pyproject.toml", () => {
    const files = {
      "pyproject.toml": 'dependencies = ["transformers==4.40.0", "torch==2.0.1", "trl==0.8.0"]',
      "requirements-dev.txt": "transformers==4.41.0\ntorch==2.1.0\n",
      "requirements.txt": "transformers==4.42.0\ntorch==2.2.0\n",
      "uv.lock": '[[package]]\nname = "transformers"\nversion = "4.43.0"\n',
    };
    assert.deepEqual(pins(files), { transformers: "4.43.0", torch: "2.2.0", trl: "0.8.0" });
  });

  it("are looked for in these files alone", () => {
    const names = ["requirements.txt", "requirements-gpu.txt", "pyproject.toml", "uv.lock"];
    for (const name of names) assert.ok(mayPin(name), name);
    for (const name of ["requirements.md", "my-requirements.txt", "poetry.lock", "uv.lock.bak"]) {
      assert.ok(!mayPin(name), name);
    }
  });

  it("are none in whatever else is in such a file", () => {
    for (const text of ["", "\u0000", "transformers==", "==4.48.1", "[".repeat(10_000), '"'.repeat(10_001)]) {
      assert.deepEqual(pins({ "requirements.txt": text, "pyproject.toml": text, "uv.lock": text }), {});
    }
  });
});
