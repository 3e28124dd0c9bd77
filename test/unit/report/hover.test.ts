import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Analysis } from "../../../src/core/analyze.ts";
import { findGpu } from "../../../src/core/gpus/catalogue.ts";
import { hoverAt } from "../../../src/core/report/hover.ts";
import { formatGibibytes } from "../../../src/core/units.ts";
import { analysisOf, answered } from "../analysis.ts";

const config = readFileSync("examples/axolotl/llama-2-7b-full.yml", "utf8");

/** What the reader sees: without images, escapes and emphasis. */
function shown(markdown: string): string {
  return markdown
    .replaceAll(/!\[[^\]]*\]\([^)]*\)/g, "")
    .replaceAll("**", "")
    .replaceAll(/\\([^\w\s])/g, "$1");
}

function hover(analysis: Analysis, key: string, within = 0): string {
  const lines = analysis.document.text.split("\n");
  const line = lines.findIndex((text) => text.startsWith(`${key}:`));
  const found = hoverAt(analysis, { line, character: within });
  assert.ok(found, `no hover on ${key}`);
  return shown(found.markdown);
}

describe("the hover", () => {
  const analysis = analysisOf(config);
  const memory = answered(analysis.memory);

  it("starts with the verdict: memory per GPU and the smallest GPU that holds it", () => {
    const [verdict] = hover(analysis, "base_model").split("\n");
    assert.ok(verdict?.startsWith(`${formatGibibytes(memory.deviceBytes)} per GPU · fits 1× A100 80GB`), verdict);
    assert.match(verdict ?? "", /1 GPU assumed/);
  });

  it("says which GPUs share the states, where they are not all", () => {
    const mesh =
      "fsdp_version: 2\nfsdp_config:\n  reshard_after_forward: true\ndp_shard_size: 4\ndp_replicate_size: 2\n";
    const text = hover(analysisOf(config + mesh), "dp_replicate_size");
    assert.match(text, /8 GPU: weights, gradients and optimizer states are sharded \(ZeRO-3, FSDP\), in 2 copies;/);
  });

  for (const key of ["base_model", "micro_batch_size", "sequence_len", "optimizer"]) {
    it(`shows the breakdown and the GPUs on ${key}, on the key and on the value`, () => {
      for (const character of [2, key.length + 3]) {
        const text = hover(analysis, key, character);
        assert.ok(text.includes(`Weights ${formatGibibytes(memory.components.weights)}`), text);
        assert.ok(text.includes(`Optimizer ${formatGibibytes(memory.components.optimizer)}`), text);
        assert.match(text, /\$\(error\) RTX 4090 from \d+×/);
        assert.match(text, /\$\(pass\) A100 80GB \d+(?:\.\d+)? %/);
      }
    });
  }

  it("derives the article's rule of thumb: 112 GB, 3.2 GB, two A100s", () => {
    assert.ok(
      hover(analysis, "base_model").includes(
        "Rule of thumb: 16 × 7B = 112.0 GB, plus activations s·b·d·L·k = 2048·1·4096·32·12 = 3.2 GB: 115.2 GB, 2× A100 80GB",
      ),
    );
  });

  it("says what the line does", () => {
    assert.match(hover(analysis, "base_model"), /Llama 2: 6\.74B parameters, 32 layers of 4096, 32,000 words/);
    assert.match(
      hover(analysis, "micro_batch_size"),
      /Micro batch 1 × accumulation 16 × 1 .* = 16 sequences per update/,
    );
    assert.match(hover(analysis, "sequence_len"), /2,048 tokens per sequence × micro batch 1 = 2,048 tokens/);
    assert.match(hover(analysis, "optimizer"), /4 bytes of state for each of 6\.74B trainable parameters/);
    assert.match(hover(analysis, "learning_rate"), /Peak learning rate 2e-5; usual here 2e-5, at most 5e-5/);
    assert.match(
      hover(analysis, "lr_scheduler"),
      /cosine: warmup over 3 % of the run; the number of updates is unknown/,
    );
    assert.match(
      hover(analysisOf(config, { samples: 1001 }), "lr_scheduler"),
      /cosine: [\d,]+ updates \([\d,]+ per epoch of 1,001 samples, as you said\), [\d,]+ of them warmup; peak 2e-5/,
    );
  });

  it("says what LoRA trains", () => {
    const lora = analysisOf(
      "base_model: meta-llama/Llama-2-7b-hf\nadapter: lora\nlora_r: 16\nlora_alpha: 32\nlora_target_linear: true\nmicro_batch_size: 1\nlearning_rate: 2e-4\n",
    );
    assert.match(hover(lora, "adapter"), /LoRA of rank 16, alpha 32, on all linear layers: 40M trainable \(0\.593 %\)/);
    assert.match(hover(lora, "lora_r"), /LoRA of rank 16/);
  });

  describe("on the lines of the schedule", () => {
    const text = `base_model: meta-llama/Llama-2-7b-hf
micro_batch_size: 2
gradient_accumulation_steps: 4
sequence_len: 1024
learning_rate: 2e-5
lr_scheduler: cosine
warmup_steps: 100
max_steps: 1000
`;
    const plotted = analysisOf(text);

    for (const key of ["learning_rate", "lr_scheduler", "warmup_steps", "max_steps"]) {
      it(`tells the rates, the tokens and the formula on ${key}, and draws the curve instead of the memory`, () => {
        const words = hover(plotted, key);
        assert.match(words, /First update 0 · highest 2e-5 at update 100 · last update [\d.e-]+/);
        // 2 · 4 sequences of 1,024 tokens, 1,000 times.
        assert.match(words, /8\.19M tokens in full sequences/);
        assert.ok(words.includes("`lr(k) = P·k/W in warmup, then P·½·(1 + cos(π·(k − W)/(T − W)))`"), words);
        assert.match(words, /k update, from 0 · P = 2e-5 · W = 100 · T = 1,000/);
        assert.match(words, /\$\(info\) The first update applies a rate of 0\./);
        assert.doesNotMatch(words, /Rule of thumb/);
      });
    }

    it("draws the rates of the run: up over a tenth of it, then half a cosine", () => {
      const line = text.split("\n").findIndex((row) => row.startsWith("lr_scheduler"));
      const { markdown } = hoverAt(plotted, { line, character: 2 }) ?? assert.fail();
      const [, encoded = ""] = /data:image\/svg\+xml,([^)]*)\)/.exec(markdown) ?? [];
      const [, d = ""] = /<path d="(M[^"]*L[^"]*)"/.exec(decodeURIComponent(encoded)) ?? [];
      const points = [...d.matchAll(/([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
      const [left, bottom] = points[0] ?? assert.fail();
      const [right] = points.at(-1) ?? assert.fail();
      const top = Math.min(...points.map(([, y]) => y));
      assert.ok(points.length > 100 && bottom - top > 50);
      for (const [x, y] of points) {
        const k = ((x - left) / (right - left)) * 999;
        const share = k < 100 ? k / 100 : 0.5 * (1 + Math.cos((Math.PI * (k - 100)) / 900));
        assert.ok(Math.abs(y - (bottom - share * (bottom - top))) < 1, `update ${k} is drawn at ${y}`);
      }
    });

    it("says what W and T are only where they are known", () => {
      const words = hover(analysisOf(text.replace("max_steps: 1000\n", "")), "lr_scheduler");
      assert.match(words, /P = 2e-5\n/);
      assert.doesNotMatch(words, /First update 0 ·/);
    });

    it("says why there is no curve, and then shows the memory", () => {
      const words = hover(analysisOf(text.replace("cosine", "reduce_lr_on_plateau")), "lr_scheduler");
      assert.match(words, /follows a metric of the run/);
      assert.match(words, /Rule of thumb/);
    });
  });

  describe("with another value on the line", () => {
    const of = (text: string) => formatGibibytes(answered(analysisOf(text).memory).deviceBytes);
    const qlora = readFileSync("examples/axolotl/llama-3-8b-qlora.yml", "utf8");
    const changed = (key: string, value: string) => qlora.replace(new RegExp(`^${key}: .*`, "m"), `${key}: ${value}`);
    const shownOn = (key: string) => hover(analysisOf(qlora), key);

    for (const [key, value, words] of [
      ["micro_batch_size", "1", "1 would need"],
      ["micro_batch_size", "4", "; 4"],
      ["sequence_len", "1024", "1,024 would need"],
      ["sequence_len", "4096", "; 4,096"],
      ["lora_r", "16", "16 would need"],
      ["lora_r", "64", "; 64"],
      ["gradient_accumulation_steps", "1", "1 would need"],
      ["gradient_checkpointing", "false", "Without checkpointing, the run would need"],
      ["optimizer", "adamw_torch", "AdamW with full states would need"],
    ] as const) {
      it(`says what ${key}: ${value} would need: what the file with that needs`, () => {
        const text = shownOn(key);
        assert.ok(text.includes(`${words} ${of(changed(key, value))} (`), text);
      });
    }

    it("says how much that is more or less, and the smallest GPU that holds it", () => {
      const text = shownOn("micro_batch_size");
      assert.match(
        text,
        /1 would need [\d.]+ GiB \(−[\d.]+ GiB\) · fits RTX 4090; 4 [\d.]+ GiB \(\+[\d.]+ GiB\) · fits/,
      );
      assert.doesNotMatch(shownOn("lora_alpha"), /would need/);
    });

    it("says so of the GPU that is meant", () => {
      const meant = analysisOf(qlora, { target: { gpu: findGpu("t4") ?? assert.fail() } });
      assert.match(hover(meant, "micro_batch_size"), /; 4 [\d.]+ GiB \(\+[\d.]+ GiB\) · does not fit/);
    });

    it("compares methods, shards and precisions where the line is about them", () => {
      assert.match(shownOn("adapter"), /Full fine-tuning would need [\d.]+ GiB .*; LoRA [\d.]+ GiB/);
      assert.match(shownOn("load_in_4bit"), /8 bits would need .*; LoRA without quantisation/);
      assert.match(shownOn("bf16"), /Precision: frozen weights in bfloat16.*autocast: matrix products run in bfloat16/);
      assert.match(shownOn("flash_attention"), /Eager attention would need/);
    });
  });

  describe("on a value that is set elsewhere", () => {
    const lora = `base_model: meta-llama/Llama-2-7b-hf
adapter: lora
lora_r: 16
lora_alpha: 32
lora_target_modules: [q_proj, v_proj]
micro_batch_size: 2
gradient_accumulation_steps: 4
sequence_len: 2048
optimizer: adamw_torch
learning_rate: 2e-4
lr_scheduler: cosine
warmup_steps: 10
bf16: true
gradient_checkpointing: true
max_steps: 100
`;
    const elsewhere = (text: string, key: string) => text.replace(new RegExp(`^${key}: .*`, "m"), `${key}: \${RUN}`);
    const note = "(unknown: ${RUN} is resolved outside this file)";

    for (const [key, words] of [
      ["base_model", "Memory unknown: the model is not known: ${RUN} is resolved outside this file"],
      ["adapter", `Method ${note}`],
      ["lora_r", `LoRA of rank ? ${note}, alpha 32, on q_proj, v_proj`],
      ["lora_alpha", `LoRA of rank 16, alpha ? ${note}, on q_proj, v_proj: 8.39M trainable (0.124 %)`],
      ["lora_target_modules", `LoRA of rank 16, alpha 32, on unknown layers ${note}`],
      ["micro_batch_size", `Micro batch ? ${note} × accumulation 4 × 1 GPU`],
      ["gradient_accumulation_steps", `Micro batch 2 × accumulation ? ${note} × 1 GPU`],
      ["sequence_len", `? ${note} tokens per sequence; the model was made for 4,096`],
      ["optimizer", `Optimizer ${note}`],
      ["learning_rate", `Learning rate ${note}`],
      ["lr_scheduler", "100 updates, 10 of them warmup; the scheduler is not known: ${RUN} is resolved outside"],
      [
        "warmup_steps",
        "100 updates, an unknown number of them warmup; the warmup is not known: ${RUN} is resolved outside",
      ],
      ["bf16", `Precision: frozen weights in an unknown type ${note}`],
      ["gradient_checkpointing", `Gradient checkpointing ${note}`],
      ["max_steps", "cosine: 10 updates of warmup; the number of updates is unknown"],
    ] as const) {
      it(`says so on ${key}, and takes nothing in its place`, () => {
        const text = hover(analysisOf(elsewhere(lora, key)), key).replaceAll("\\_", "_");
        assert.ok(text.includes(words), text);
        assert.doesNotMatch(text, /NaN|undefined|No gradient/);
      });
    }

    it("says what the run would need either way where it is a switch, and nothing where it is a count", () => {
      const either = hover(analysisOf(elsewhere(lora, "gradient_checkpointing")), "gradient_checkpointing");
      assert.match(either, /Gradient checkpointing would need .*; Without checkpointing, the run /);
      const passes = hover(analysisOf(elsewhere(lora, "gradient_accumulation_steps")), "gradient_accumulation_steps");
      assert.doesNotMatch(passes, /would need/);
    });
  });

  describe("on lines that mean less common things", () => {
    const trl = "learning_rate: 1e-4\nmax_length: 1024\nper_device_train_batch_size: 1\nuse_peft: true\nlora_r: 8\n";
    const llama = `model_name_or_path: meta-llama/Llama-2-7b-hf\n${trl}`;
    const freeze =
      "stage: sft\nfinetuning_type: freeze\nmodel_name_or_path: meta-llama/Llama-2-7b-hf\nlearning_rate: 1e-5\n";

    for (const [what, text, key, words] of [
      [
        // Jiang et al., Mixtral of Experts, arXiv 2401.04088: 47B parameters, of which each token uses 13B.
        "the parameters that a token uses of a mixture of experts",
        `model_name_or_path: mistralai/Mixtral-8x7B-v0.1\n${trl}`,
        "model_name_or_path",
        "46.7B parameters (12.9B active), 32 layers of 4096",
      ],
      [
        "the size that a name tells",
        `model_name_or_path: my-org/my-model-7b\n${trl}`,
        "model_name_or_path",
        "my-org/my-model-7b: about 7B parameters, as its name says; nothing else is known of it",
      ],
      [
        "adapters on what PEFT chooses",
        llama,
        "lora_r",
        "LoRA of rank 8, alpha 32 (default), on the layers that PEFT chooses",
      ],
      ["layers that are trained in place", freeze, "finetuning_type", "Partial fine-tuning: some layers are trained"],
      ["states that are paged", `${llama}optim: paged_adamw_32bit\n`, "optim", "states are paged to the host's memory"],
      [
        "eager attention",
        `${llama}attn_implementation: eager\n`,
        "attn_implementation",
        "eager, which holds the scores",
      ],
      [
        "attention that is set elsewhere",
        `${llama}attn_implementation: \${RUN}\n`,
        "attn_implementation",
        "Attention: (unknown: ${RUN} is resolved outside this file)",
      ],
    ] as const) {
      it(`tells ${what}`, () => {
        const shownText = hover(analysisOf(text), key).replaceAll("\\_", "_");
        assert.ok(shownText.includes(words), shownText);
      });
    }

    it("offers the other attention, and adapters on fewer layers, where the line has what takes more", () => {
      const eager = hover(analysisOf(`${llama}attn_implementation: eager\n`), "attn_implementation");
      assert.match(eager, /SDPA or flash attention would need [\d.]+ GiB \(−/);
      const all = hover(analysisOf(`${llama}lora_target_modules: all-linear\n`), "lora_target_modules");
      assert.match(all, /Queries and values alone would need [\d.]+ GiB \(−/);
    });
  });

  it("says why where the memory is unknown, and still what it knows", () => {
    const unknown = analysisOf("base_model: my-org/my-model\nmicro_batch_size: 1\nlearning_rate: 2e-5\n");
    const text = hover(unknown, "base_model");
    assert.match(text, /Memory unknown: the architecture of my-org\/my-model is not known/);
    assert.doesNotMatch(text, /GiB/);
    assert.match(hover(unknown, "learning_rate"), /Peak learning rate 2e-5/);
  });

  it("says nothing where there is nothing to say", () => {
    assert.equal(hoverAt(analysis, { line: 0, character: 3 }), undefined);
    const wandb = config.split("\n").findIndex((line) => line.startsWith("wandb_project"));
    assert.equal(hoverAt(analysis, { line: wandb, character: 2 }), undefined);
  });

  it("shows text from the file as text: no link, image, HTML, icon or command comes out of it", () => {
    const name = "evil[x](command:workbench.action.quit)<img src=x>![y](http://z)$(bug)|`q`";
    const evil = analysisOf(`base_model: '${name}'\nmicro_batch_size: 1\nlearning_rate: 2e-5\n`);
    const { markdown } = hoverAt(evil, { line: 0, character: 2 }) ?? assert.fail();
    assert.doesNotMatch(markdown, /(?<!\\)\[x|(?<!\\)<img|(?<!\\)!\[|(?<!\\)\$\(bug|(?<!\\)`/);
    assert.ok(shown(markdown).includes(name));
  });
});
