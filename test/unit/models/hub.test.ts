import assert from "node:assert/strict";
import { cachedConfig, cacheFolder, configAddress, isHubId, revisionFile } from "../../../src/core/models/hub.ts";

describe("the Hugging Face cache", () => {
  for (const [environment, folder] of [
    [{}, "/home/ann/.cache/huggingface/hub"],
    [{ XDG_CACHE_HOME: "/cache" }, "/cache/huggingface/hub"],
    [{ XDG_CACHE_HOME: "/cache", HF_HOME: "/hf" }, "/hf/hub"],
    [{ HF_HOME: "/hf", HUGGINGFACE_HUB_CACHE: "/old" }, "/old"],
    [{ HUGGINGFACE_HUB_CACHE: "/old", HF_HUB_CACHE: "/new" }, "/new"],
    [{ HF_HOME: "~/hf" }, "/home/ann/hf/hub"],
    [{ HF_HOME: "" }, "/home/ann/.cache/huggingface/hub"],
  ] as const) {
    it(`is where huggingface_hub puts it: ${folder} with ${JSON.stringify(environment)}`, () => {
      assert.equal(cacheFolder(environment, "/home/ann"), folder);
    });
  }

  it("is nowhere without a home folder, unless a variable names it", () => {
    assert.equal(cacheFolder({}, undefined), undefined);
    assert.equal(cacheFolder({ HF_HOME: "~/hf" }, undefined), undefined);
    assert.equal(cacheFolder({ HF_HOME: "/hf" }, undefined), "/hf/hub");
  });

  it("holds the config of a revision, which a file names", () => {
    assert.equal(revisionFile("/hub", "Qwen/Qwen3-8B"), "/hub/models--Qwen--Qwen3-8B/refs/main");
    assert.equal(
      cachedConfig("/hub", "Qwen/Qwen3-8B", "0af1\n"),
      "/hub/models--Qwen--Qwen3-8B/snapshots/0af1/config.json",
    );
    assert.equal(cachedConfig("/hub", "Qwen/Qwen3-8B", "../../secret"), undefined);
  });
});

describe("the Hub", () => {
  it("has the config at the endpoint that HF_ENDPOINT names", () => {
    assert.equal(configAddress("gpt2/x", {}), "https://huggingface.co/gpt2/x/resolve/main/config.json");
    assert.equal(
      configAddress("gpt2/x", { HF_ENDPOINT: "https://mirror.example/" }),
      "https://mirror.example/gpt2/x/resolve/main/config.json",
    );
  });

  it("knows models by organisation and name alone", () => {
    for (const id of ["meta-llama/Llama-3.1-8B", "01-ai/Yi-6B", "google/gemma_2"]) assert.ok(isHubId(id), id);
    for (const id of ["gpt2", "./x/y", "/models/x", "a/b/c", "a/..", "a b/c", "~/x", "${M}/x", "a/b?x=1", ".a/b"]) {
      assert.ok(!isHubId(id), id);
    }
  });
});
