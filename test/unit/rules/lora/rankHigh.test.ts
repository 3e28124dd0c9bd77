import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";
import { applyEdits } from "../../edits.ts";
import { judges, trlWith } from "../severities.ts";

describe("lora/rank-high", () => {
  it("keeps to 128", () => {
    judges("lora/rank-high", [
      ["use_peft: true\nlora_r: 128", []],
      ["use_peft: true\nlora_r: 129", ["hint"]],
    ]);
  });
});

describe("the fix of lora/rank-high", () => {
  const fixed = (more: string) => {
    const text = trlWith(`use_peft: true\nlora_r: 256\n${more}`);
    const [fix] = analysisOf(text).findings.find(({ rule }) => rule === "lora/rank-high")?.fixes ?? [];
    return [fix?.title, applyEdits(text, fix?.edits ?? [])] as const;
  };

  it("keeps the scale, alpha / rank, where alpha is there and comes out whole", () => {
    const [title, text] = fixed("lora_alpha: 512\n");
    assert.equal(title, "Set lora_r to 128 and lora_alpha to 256 (the same scale)");
    assert.match(text, /lora_r: 128\nlora_alpha: 256\n/);
  });

  it("leaves alpha where it would not be whole, and where the scale goes by the root of the rank", () => {
    for (const more of ["lora_alpha: 17\n", "lora_alpha: 512\nuse_rslora: true\n", ""]) {
      const [title, text] = fixed(more);
      assert.equal(title, "Set lora_r to 128");
      assert.ok(text.includes(`lora_r: 128\n${more}`), text);
    }
  });
});
