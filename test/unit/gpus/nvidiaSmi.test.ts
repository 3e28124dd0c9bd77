import assert from "node:assert/strict";
import { gpusFromNvidiaSmi } from "../../../src/core/gpus/nvidiaSmi.ts";

/** Kinds of GPUs with their number and memory, as short as a table. */
const found = (output: string) =>
  gpusFromNvidiaSmi(output).map(({ gpu, count }) => [count, gpu.id, gpu.memoryGiB] as const);

describe("the answer of nvidia-smi", () => {
  for (const [line, id] of [
    ["NVIDIA A100-SXM4-80GB, 81920", "a100-80gb"],
    ["NVIDIA A100-SXM4-40GB, 40960", "a100-40gb"],
    ["NVIDIA A100-PCIE-40GB, 40536", "a100-40gb"],
    ["NVIDIA H100 80GB HBM3, 81559", "h100-sxm"],
    ["NVIDIA H100 PCIe, 81559", "h100-pcie"],
    ["NVIDIA H100 NVL, 95830", "h100-nvl"],
    ["NVIDIA H200, 143771", "h200"],
    ["NVIDIA GH200 480GB, 97871", "gh200-96gb"],
    ["Tesla T4, 15360", "t4"],
    ["Tesla V100-SXM2-16GB, 16160", "v100-16gb"],
    ["Tesla V100-SXM2-32GB, 32768", "v100-32gb"],
    ["NVIDIA A10G, 23028", "a10g"],
    ["NVIDIA GeForce RTX 3060, 12288", "rtx-3060-12gb"],
    ["NVIDIA GeForce RTX 4060 Ti, 16380", "rtx-4060-ti-16gb"],
    ["NVIDIA GeForce RTX 4060 Ti, 8188", "rtx-4060-ti-8gb"],
    ["NVIDIA GeForce RTX 4090 Laptop GPU, 16376", "rtx-4090-laptop"],
    ["NVIDIA RTX 6000 Ada Generation, 49140", "rtx-6000-ada"],
    ["NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition, 97887", "rtx-pro-6000"],
    ["NVIDIA GB10, [N/A]", "gb10"],
  ] as const) {
    it(`is read: ${line}`, () => {
      assert.deepEqual(
        found(`${line}\n`).map(([count, each]) => [count, each]),
        [[1, id]],
      );
    });
  }

  it("counts GPUs of one kind together, and tells kinds apart", () => {
    const rtx = "NVIDIA GeForce RTX 3090, 24576\r\n";
    assert.deepEqual(found(`${rtx}${rtx}Tesla T4, 15360\r\n${rtx}`), [
      [3, "rtx-3090", 24],
      [1, "t4", 15],
    ]);
  });

  it("makes a GPU of what the catalogue lacks, from its name and its memory", () => {
    assert.deepEqual(found("NVIDIA Quadro RTX 8000, 49152\n"), [[1, "nvidia-quadro-rtx-8000", 48]]);
    // A rebuilt card has another size than its record.
    assert.deepEqual(found("NVIDIA GeForce RTX 4090, 49140\n"), [[1, "nvidia-geforce-rtx-4090", 47.99]]);
  });

  it("is nothing where it holds no GPU", () => {
    assert.deepEqual(found(""), []);
    assert.deepEqual(found("No devices were found\n"), []);
    assert.deepEqual(found("name, memory.total [MiB]\n"), []);
  });
});
