import assert from "node:assert/strict";
import { candidatePaths, isInside } from "../../../src/core/dialects/linkPaths.ts";

const roots = ["/work/llm", "/work/shared-configs"];

describe("where a linked file may be", () => {
  it("is beside the config first, then in each folder of the workspace", () => {
    assert.deepEqual(candidatePaths("deepspeed/zero3.json", "/work/llm/configs", roots), [
      "/work/llm/configs/deepspeed/zero3.json",
      "/work/llm/deepspeed/zero3.json",
      "/work/shared-configs/deepspeed/zero3.json",
    ]);
  });

  it("is one place only where the config stands in the workspace folder itself", () => {
    assert.deepEqual(candidatePaths("./zero3.json", "/work/llm", ["/work/llm"]), ["/work/llm/zero3.json"]);
  });

  it("is never outside the workspace, however the path is written", () => {
    for (const path of ["../../../etc/passwd", "/etc/passwd", "a/../../../../x.json", "..", "C:\\secrets.json"]) {
      assert.deepEqual(candidatePaths(path, "/work/llm/configs", ["/work/llm"]), [], path);
    }
    assert.deepEqual(candidatePaths("../llm-private/a.json", "/work/llm", ["/work/llm"]), []);
  });

  it("is where an absolute path or one with dots says, within the workspace", () => {
    assert.deepEqual(candidatePaths("/work/llm/ds/zero2.json", "/work/llm/configs", roots), [
      "/work/llm/ds/zero2.json",
    ]);
    assert.deepEqual(candidatePaths("../ds/zero2.json", "/work/llm/configs", ["/work/llm"]), [
      "/work/llm/ds/zero2.json",
    ]);
  });

  it("is found with backslashes and on drives", () => {
    assert.deepEqual(candidatePaths("ds\\zero2.json", "c:/llm", ["c:/llm"]), ["c:/llm/ds/zero2.json"]);
  });

  it("is not guessed for paths that only a shell or another service resolves", () => {
    for (const path of ["~/zero3.json", "$HOME/zero3.json", "${DS}/zero3.json", "s3://bucket/zero3.json", "", "  "]) {
      assert.deepEqual(candidatePaths(path, "/work/llm", roots), [], path);
    }
  });
});

describe("whether a path is below a folder", () => {
  it("goes by whole names", () => {
    assert.equal(isInside("/work/llm/a.yaml", "/work/llm"), true);
    assert.equal(isInside("/work/llm-private/a.yaml", "/work/llm"), false);
    assert.equal(isInside("/a.yaml", "/"), true);
  });
});
