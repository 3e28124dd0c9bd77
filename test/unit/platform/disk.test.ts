import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { linkedFilesOnDisk, modelsOnDisk, sampleCountsOnDisk } from "../../../src/platform/disk.ts";

describe("files on the disk", () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "fine-tune-lens-")));
  const repository = join(folder, "repository");
  const config = join(repository, "configs", "sft.yaml");

  before(() => {
    for (const name of [".git", "configs", "deepspeed"]) mkdirSync(join(repository, name), { recursive: true });
    writeFileSync(config, "learning_rate: 1e-5\n");
    writeFileSync(join(repository, "configs", "zero2.json"), '{ "zero_optimization": { "stage": 2 } }');
    writeFileSync(join(repository, "deepspeed", "zero3.json"), '{ "zero_optimization": { "stage": 3 } }');
    writeFileSync(join(repository, "configs", "parent.yaml"), "defaults: zero2.json\n");
    writeFileSync(join(repository, "configs", "list.json"), "[1, 2]");
    writeFileSync(join(folder, "secret.json"), '{ "zero_optimization": { "stage": 1 } }');
    symlinkSync(join(folder, "secret.json"), join(repository, "configs", "leak.json"));
    symlinkSync(join(repository, "deepspeed"), join(repository, "configs", "linked-folder"));
  });

  after(() => rmSync(folder, { recursive: true }));

  it("are found, when linked, beside the config and in its repository, with their addresses", () => {
    const files = linkedFilesOnDisk(config);
    assert.equal(files.get("zero2.json")?.uri, pathToFileURL(join(repository, "configs", "zero2.json")).href);
    assert.equal(
      files.get("deepspeed/zero3.json")?.uri,
      pathToFileURL(join(repository, "deepspeed", "zero3.json")).href,
    );
    assert.ok(files.get("linked-folder/zero3.json"));
  });

  it("bring the files that they point to themselves", () => {
    const parent = linkedFilesOnDisk(config).get("parent.yaml");
    assert.ok(parent?.linked?.get("zero2.json"));
  });

  it("are not there when they are missing, no mapping, a folder, or outside, symbolic links included", () => {
    const files = linkedFilesOnDisk(config);
    for (const path of ["zero9.json", "list.json", "../deepspeed", "../../secret.json", "leak.json"]) {
      assert.equal(files.get(path), null, path);
    }
  });

  it("are not there when a folder on the way is a link that leads outside, or the path is no path of the workspace", () => {
    symlinkSync(folder, join(repository, "configs", "out"));
    symlinkSync(join(repository, "configs", "out"), join(repository, "configs", "out-again"));
    symlinkSync("circle", join(repository, "configs", "circle"));
    const files = linkedFilesOnDisk(config);
    const outside = join(folder, "secret.json");
    for (const path of [
      "out/secret.json",
      "out-again/secret.json",
      "out/../secret.json",
      "circle/secret.json",
      "circle",
      outside,
      pathToFileURL(outside).href,
      `\\\\localhost${outside.replaceAll("/", "\\")}`,
      `//localhost${outside}`,
      "~/secret.json",
      "$HOME/secret.json",
      `${repository}-other/secret.json`,
      "secret.json\0.yaml",
      ".",
      "",
    ]) {
      assert.equal(files.get(path), null, path);
      assert.equal(sampleCountsOnDisk(config).get(path), null, path);
      assert.equal(modelsOnDisk(config)(path), undefined, path);
    }
    assert.ok(files.get("out/repository/deepspeed/zero3.json"), "a link may lead back inside");
  });

  it("of data are counted piece by piece, and not at all outside or in formats without rows", () => {
    writeFileSync(join(repository, "configs", "train.jsonl"), '{"text": "é"}\n'.repeat(150_000));
    writeFileSync(join(folder, "outside.jsonl"), '{"text": "a"}\n');
    const counts = sampleCountsOnDisk(config);
    assert.equal(counts.get("train.jsonl"), 150_000);
    for (const path of ["missing.jsonl", "../../outside.jsonl", "zero2.parquet", "sft.yaml"]) {
      assert.equal(counts.get(path), null, path);
    }
  });

  it("of models are read in the workspace before the user's cache", () => {
    const tiny = (layers: number) =>
      JSON.stringify({
        model_type: "llama",
        hidden_size: 64,
        intermediate_size: 256,
        num_hidden_layers: layers,
        num_attention_heads: 4,
        vocab_size: 1000,
      });
    const cached = join(folder, "cache", "models--lab--tiny");
    for (const place of [join(cached, "refs"), join(cached, "snapshots", "abc"), join(repository, "models", "tiny")]) {
      mkdirSync(place, { recursive: true });
    }
    writeFileSync(join(cached, "refs", "main"), "abc");
    writeFileSync(join(cached, "snapshots", "abc", "config.json"), tiny(2));
    const before = process.env["HF_HUB_CACHE"];
    process.env["HF_HUB_CACHE"] = join(folder, "cache");
    try {
      const lookUp = modelsOnDisk(config);
      const found = (id: string) => {
        const model = lookUp(id);
        return [model?.source, model?.architecture.layers];
      };
      assert.deepEqual(found("lab/tiny"), ["cache", 2]);
      writeFileSync(join(repository, "models", "tiny", "config.json"), tiny(3));
      assert.deepEqual(found("../models/tiny"), ["config.json", 3]);
      assert.deepEqual(found("models/tiny"), ["config.json", 3]);
      assert.deepEqual(found("lab/missing"), [undefined, undefined]);
      writeFileSync(join(repository, "models", "tiny", "config.json"), "{ broken");
      assert.deepEqual(found("models/tiny"), [undefined, undefined]);
    } finally {
      if (before === undefined) delete process.env["HF_HUB_CACHE"];
      else process.env["HF_HUB_CACHE"] = before;
    }
  });
});
