import assert from "node:assert/strict";
import { reader } from "../../../src/core/dialects/reader.ts";
import { documentOf } from "./reading.ts";

const vocabulary = {
  max_grad_norm: { about: "Norm to which gradients are clipped", default: 1 },
  target_modules: { about: "Modules to adapt", aliases: ["lora_target_modules"] },
  attention_config: { about: "Kinds of attention, and the layers of each" },
} as const;

function keysOf(text: string) {
  return reader(documentOf(text), vocabulary);
}

describe("reading keys", () => {
  it("takes an empty key for an absent one", () => {
    const keys = keysOf("seed: 1\nmax_grad_norm:\n");
    assert.deepEqual([keys.has("max_grad_norm"), keys.number("max_grad_norm").origin], [false, "default"]);
  });

  it("tells the null of an empty key, and its place, to who asks for it", () => {
    const off = keysOf("seed: 1\nmax_grad_norm: null\n").nullAt("max_grad_norm");
    assert.deepEqual([off?.value, off?.origin, off?.place?.keyRange.start.line], [null, "file", 1]);
    assert.equal(keysOf("lora_target_modules: ~\n").nullAt("target_modules")?.value, null);
  });

  it("knows no null where the key is absent or set, under any of its names", () => {
    assert.equal(keysOf("seed: 1\n").nullAt("max_grad_norm"), undefined);
    assert.equal(keysOf("max_grad_norm: 0.3\n").nullAt("max_grad_norm"), undefined);
    assert.equal(keysOf("target_modules:\nlora_target_modules: q_proj\n").nullAt("target_modules"), undefined);
  });

  it("tells a list from a text with commas, whose words are the same", () => {
    const [list, text] = [keysOf("target_modules: [q_proj, v_proj]\n"), keysOf("target_modules: q_proj, v_proj\n")];
    assert.deepEqual(list.words("target_modules").value, text.words("target_modules").value);
    assert.deepEqual([list.isList("target_modules"), text.isList("target_modules")], [true, false]);
  });

  it("finds the words in lists within a list", () => {
    const keys = keysOf('attention_config: [[["flash", "mamba"], 12]]\n');
    assert.deepEqual(keys.words("attention_config").value, ["flash", "mamba", "12"]);
  });
});
