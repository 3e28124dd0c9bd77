import assert from "node:assert/strict";
import { candidatePaths, isInside } from "../../../src/core/dialects/linkPaths.ts";

const roots = ["/repo/llm", "/repo/shared-configs"];

describe("where a linked file may be", () => {
  it("is beside the config first, then in each folder of the workspace", () => {
    assert.deepEqual(candidatePaths("deepspeed/zero3.json", "/repo/llm/configs", roots), [
      "/repo/llm/configs/deepspeed/zero3.json",
      "/repo/llm/deepspeed/zero3.json",
      "/repo/shared-configs/deepspeed/zero3.json",
    ]);
  });

  it("is one place only where the config stands in the workspace folder itself", () => {
    assert.deepEqual(candidatePaths("./zero3.json", "/repo/llm", ["/repo/llm"]), ["/repo/llm/zero3.json"]);
  });

  it("is never outside the workspace, however the path is written", () => {
    for (const path of ["../../../etc/passwd", "/etc/passwd", "a/../../../../x.json", "..", "C:\\secrets.json"]) {
      assert.deepEqual(candidatePaths(path, "/repo/llm/configs", ["/repo/llm"]), [], path);
    }
    assert.deepEqual(candidatePaths("../llm-private/a.json", "/repo/llm", ["/repo/llm"]), []);
  });

  it("is where an absolute path or one with dots says, within the workspace", () => {
    assert.deepEqual(candidatePaths("/repo/llm/ds/zero2.json", "/repo/llm/configs", roots), [
      "/repo/llm/ds/zero2.json",
    ]);
    assert.deepEqual(candidatePaths("../ds/zero2.json", "/repo/llm/configs", ["/repo/llm"]), [
      "/repo/llm/ds/zero2.json",
    ]);
  });

  it("is found with backslashes and on drives", () => {
    assert.deepEqual(candidatePaths("ds\\zero2.json", "c:/llm", ["c:/llm"]), ["c:/llm/ds/zero2.json"]);
  });

  it("is not guessed for paths that only a shell or another service resolves", () => {
    for (const path of ["~/zero3.json", "$HOME/zero3.json", "${DS}/zero3.json", "s3://bucket/zero3.json", "", "  "]) {
      assert.deepEqual(candidatePaths(path, "/repo/llm", roots), [], path);
    }
  });
});

describe("whether a path is below a folder", () => {
  it("goes by whole names", () => {
    assert.equal(isInside("/repo/llm/a.yaml", "/repo/llm"), true);
    assert.equal(isInside("/repo/llm-private/a.yaml", "/repo/llm"), false);
    assert.equal(isInside("/a.yaml", "/"), true);
  });
});
