import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { settingNamed } from "../../../scripts/manifest.mts";
import { findGpu, gpus, usableBytes } from "../../../src/core/gpus/catalogue.ts";
import { customGpus } from "../../../src/core/gpus/customGpus.ts";
import type { Gpu } from "../../../src/core/gpus/gpu.ts";
import records from "../../../src/core/gpus/gpus.json" with { type: "json" };
import { gibibyte } from "../../../src/core/units.ts";

function gpu(name: string): Gpu {
  const found = findGpu(name);
  assert.ok(found, `${name} is not in the catalogue`);
  return found;
}

describe("the GPU catalogue", () => {
  for (const [name, id] of [
    ["a100-80gb", "a100-80gb"],
    ["A100-SXM4-80GB", "a100-80gb"],
    ["A100 80G", "a100-80gb"],
    ["NVIDIA A100 80GB PCIe", "a100-80gb"],
    ["rtx 4090", "rtx-4090"],
    ["4090", "rtx-4090"],
    ["GeForce RTX 4090", "rtx-4090"],
    ["T4", "t4"],
    ["g5", "a10g"],
    ["A10G", "a10g"],
    ["A10", "a10"],
    ["H100", "h100-sxm"],
    ["H100 PCIe", "h100-pcie"],
    ["H100 NVL", "h100-nvl"],
    ["A6000", "rtx-a6000"],
    ["RTX 6000 Ada Generation", "rtx-6000-ada"],
    ["MI300X", "mi300x"],
    ["DGX Spark", "gb10"],
    ["Gaudi 2", "gaudi2"],
    ["M3 Max 128GB", "apple-m3-max-128gb"],
  ] as const) {
    it(`knows ${name}`, () => assert.equal(gpu(name).id, id));
  }

  it("means the smallest where a name leaves the size open", () => {
    assert.equal(gpu("A100").id, "a100-40gb");
    assert.equal(gpu("V100").id, "v100-16gb");
    assert.equal(gpu("RTX 3060").id, "rtx-3060-8gb");
    assert.equal(gpu("Apple M3 Max").id, "apple-m3-max-36gb");
  });

  for (const name of ["abacus", "", "GPU", "80GB", "NVIDIA"]) {
    it(`finds nothing for "${name}"`, () => assert.equal(findGpu(name), undefined));
  }

  it("counts what torch can use, not what is printed on the box", () => {
    assert.equal(usableBytes(gpu("a100-80gb")), 79.15 * gibibyte);
    assert.equal(usableBytes(gpu("rtx-4090")), 23.64 * gibibyte);
    assert.equal(usableBytes(gpu("b200")), 178.35 * gibibyte);
    // No out-of-memory text was read for it: 2 % less than its 12 GiB.
    assert.equal(usableBytes(gpu("rtx-3080-ti")), 12 * 0.98 * gibibyte);
    // Metal gives three quarters of the memory to the GPU, two thirds of less than 36 GB.
    assert.equal(usableBytes(gpu("apple-m2-ultra-192gb")), 144 * gibibyte);
    assert.ok(usableBytes(gpu("apple-m4-pro-24gb")) < 0.68 * 24 * gibibyte);
    for (const each of gpus) assert.ok(usableBytes(each) < each.memoryGiB * gibibyte, each.id);
  });

  it("counts the halves of an MI250 as the two devices that torch sees", () => {
    assert.deepEqual([gpu("mi250").memoryGiB, gpu("mi250").perNode], [64, 8]);
  });

  it("says that NVIDIA's GPUs before Ampere have no bfloat16, and no others", () => {
    assert.deepEqual(
      gpus.filter(({ hasBf16 }) => !hasBf16).map(({ id }) => id),
      [
        ...["t4", "v100-16gb", "v100-32gb", "p100-16gb", "p40"],
        ...["rtx-2080-ti", "rtx-2080", "rtx-2070", "rtx-2060-12gb", "gtx-1080-ti", "titan-rtx"],
      ],
    );
  });

  it("has a name of its own and a source for every record", () => {
    assert.equal(new Set(gpus.map(({ id }) => id)).size, gpus.length);
    assert.equal(new Set(gpus.map(({ name }) => name)).size, gpus.length);
    for (const record of Object.values(records).flat()) assert.ok(record.source.length > 5, record.id);
  });

  it("finds every GPU by its own name", () => {
    for (const each of gpus) assert.equal(findGpu(each.name)?.id, each.id);
  });

  it("is what the setting completes", () => {
    const manifest = JSON.parse(readFileSync("package.json", "utf8"));
    assert.deepEqual(
      settingNamed<{ examples: unknown }>(manifest, "fineTuneLens.gpu").examples,
      gpus.map(({ id }) => id),
    );
  });
});

describe("a user's own GPUs", () => {
  const own = customGpus([
    { name: "RTX 4090 48GB", memoryGiB: 48 },
    { name: "Old Card", memoryGiB: 24, bf16: false },
    { name: "L4", memoryGiB: 20 },
  ]);

  it("are found by name and id, before those of the catalogue", () => {
    assert.equal(findGpu("rtx 4090 48gb", own)?.memoryGiB, 48);
    assert.equal(findGpu("rtx-4090-48gb", own)?.memoryGiB, 48);
    assert.equal(findGpu("L4", own)?.memoryGiB, 20);
    assert.equal(findGpu("rtx-4090", own)?.memoryGiB, 23.99);
  });

  it("have bfloat16 unless it is said that they do not", () => {
    assert.deepEqual(
      own.map(({ hasBf16 }) => hasBf16),
      [true, false, true],
    );
  });

  for (const [title, value] of [
    ["no list", { name: "X", memoryGiB: 8 }],
    ["no memory", [{ name: "X" }]],
    ["a memory in words", [{ name: "X", memoryGiB: "8" }]],
    ["a memory of nothing", [{ name: "X", memoryGiB: 0 }]],
    ["no name", [{ memoryGiB: 8 }]],
    ["null", [null]],
  ] as const) {
    it(`are none where the setting holds ${title}`, () => assert.deepEqual(customGpus(value), []));
  }
});
