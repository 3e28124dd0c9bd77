import assert from "node:assert/strict";
import { discriminativeTable, tableMarkdown, tableText } from "../../../src/core/report/discriminativeTable.ts";
import { analysisOf, answered } from "../analysis.ts";
import { catalogue } from "../builtIn.ts";

const config = (model: string, lines = "") =>
  analysisOf(`base_model: ${model}\nmicro_batch_size: 1\nlearning_rate: 2e-5\n${lines}`);
const tableOf = (model: string, lines = "") => answered(discriminativeTable(config(model, lines), 2.6));

const llama = tableOf("meta-llama/Llama-2-7b-hf");

describe("the table of discriminative rates", () => {
  it("has a row for the head, each block from the last one down, and the embeddings", () => {
    assert.equal(llama.rows.length, 1 + 32 + 1);
    const [head, last] = llama.rows;
    assert.deepEqual([head?.name, head?.parameters, head?.rate, head?.share], ["head", 131_076_096, 2e-5, 1]);
    assert.deepEqual([last?.name, last?.parameters], ["block 31", 202_383_360]);
    assert.equal(last?.rate.toPrecision(10), "0.000007692307692");
    const lowest = llama.rows.at(-1);
    assert.deepEqual([lowest?.name, lowest?.parameters], ["embeddings", 131_072_000]);
    assert.ok(Math.abs((lowest?.rate ?? 0) / (2e-5 / 2.6 ** 33) - 1) < 1e-9);
  });

  it("is a Markdown document that says what follows from the depth", () => {
    const text = tableMarkdown(llama);
    assert.match(text, /^# Discriminative learning rates of meta\\-llama\/Llama\\-2\\-7b\\-hf\n/);
    assert.match(text, /^\| block 31 \| 202,383,360 \| 7.69e-6 \| 38.5 % \|$/m);
    // 2.6^-7 = 0.0012 and 2.6^-8 = 0.0005: all but the head and seven blocks.
    assert.match(text, /^26 of 34 layers have less than a thousandth of the peak\.$/m);
  });

  it("leaves the parameters open where they are not known apart", () => {
    assert.match(
      tableMarkdown(tableOf("google-bert/bert-base-uncased")),
      /^\| head and embeddings \(shared\) \| {2}\| 2e-5 \|/m,
    );
  });

  it("is text with tabs and all digits", () => {
    const [head, first, second] = tableText(llama).split("\n");
    assert.equal(head, "Layer\tParameters\tLearning rate\tShare of the peak");
    assert.equal(first, "head\t131076096\t0.00002\t1");
    assert.match(second ?? "", /^block 31\t202383360\t0\.0000076923076923\d+\t0\.3846153846153\d+$/);
  });

  it("names transformers' modules in PyTorch's parameter groups, the head's by what is left", () => {
    const lines = llama.code?.split("\n") ?? [];
    assert.ok(lines.includes('    "model.layers.31.": 7.692307692e-6,'));
    assert.ok(lines.includes('    "model.layers.30.": 2.958579882e-6,'));
    assert.ok(lines.includes('    "model.embed_tokens.": 4.044916051e-19,')); // 2e-5 / 2.6^33
    assert.ok(lines.includes("rest = 2e-5  # the head"));
    assert.equal(lines.filter((line) => line.startsWith('    "')).length, 33);
  });

  it("gives a shared matrix the peak, and learned positions the lowest rate", () => {
    const code = tableOf("openai-community/gpt2").code ?? "";
    assert.match(code, /^ {4}"transformer\.wte\.": 2e-5,$/m);
    assert.match(code, /^ {4}"transformer\.h\.11\.": 7\.692307692e-6,$/m);
    assert.match(code, /^ {4}"transformer\.wpe\.": 8\.060768934e-11,$/m); // 2e-5 / 2.6^13
  });

  it("leaves the lowest rate to towers, whose modules have many names, and names the head's", () => {
    const code = tableOf("Qwen/Qwen2.5-VL-7B-Instruct").code ?? "";
    assert.match(code, /^ {4}"model\.language_model\.layers\.27\.": 7\.692307692e-6,$/m);
    assert.match(code, /^ {4}"lm_head\.": 2e-5,$/m);
    assert.match(code, /^rest = 1\.848429557e-17 {2}# towers and projectors$/m); // 2e-5 / 2.6^29
  });

  it("does not share a classifier's head with the embeddings, nor count it", () => {
    const { rows } = tableOf("openai-community/gpt2", "reward_model: true\n");
    assert.deepEqual([rows[0]?.name, rows[0]?.parameters], ["head", null]);
    assert.deepEqual([rows.at(-1)?.name, rows.at(-1)?.parameters], ["embeddings", (50_257 + 1024) * 768]);
  });

  it("has no modules to name where the config spells out a model of its own", () => {
    const olmo = analysisOf(
      "model: { d_model: 2048, n_heads: 16, n_layers: 16, mlp_hidden_size: 11008, vocab_size: 50304, weight_tying: false }\noptimizer: { name: adamw, learning_rate: 4e-4 }\nscheduler: { name: cosine_with_warmup }\nmax_duration: 100\nglobal_train_batch_size: 8\ndevice_train_microbatch_size: 8\n",
    );
    const { code, rows } = answered(discriminativeTable(olmo, 2.6));
    assert.deepEqual([code, rows.length], [null, 18]);
  });

  it("is not there for an encoder with a decoder, for a model of unknown shape, or without a peak", () => {
    const reason = (model: string) => ({ reason: "", ...discriminativeTable(config(model), 2.6) }).reason;
    assert.equal(reason("google-t5/t5-small"), "an encoder and a decoder are not one stack of layers");
    assert.equal(reason("my-org/my-7b"), "the architecture of my-org/my-7b is not known, only the size in its name");
    const open = analysisOf("base_model: openai-community/gpt2\nmicro_batch_size: 1\nlearning_rate: ${RATE}\n");
    assert.match({ reason: "", ...discriminativeTable(open, 2.6) }.reason, /^the peak learning rate is not known: /);
  });

  it("keeps a model's name from becoming markup or code", () => {
    const architecture = catalogue.find("openai-community/gpt2")?.architecture ?? assert.fail();
    const text = 'base_model: "x\\nimport os <img>"\nmicro_batch_size: 1\nlearning_rate: 2e-5\n';
    const named = analysisOf(text, { lookUpModel: () => ({ architecture, source: "config.json" }) });
    const table = answered(discriminativeTable(named, 2.6));
    assert.equal(table.model, "x\nimport os <img>");
    assert.match(tableMarkdown(table), /^# Discriminative learning rates of x import os \\<img\\>$/m);
    assert.match(table.code ?? "", /^# x import os <img>, by the names of transformers' modules\.$/m);
  });
});
