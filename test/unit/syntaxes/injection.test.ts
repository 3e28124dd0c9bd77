import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { foreign } from "./foreign.ts";
import { type Grammars, type Language, loadGrammars, type Token, tokenize, withoutOwnScopes } from "./grammars.ts";

/** VS Code gives up on a line after this time. */
const millisecondsPerLine = 500;

describe("the colours of a training config", () => {
  let grammars: Record<Language, Grammars>;

  before(async function () {
    this.timeout(300_000);
    grammars = await loadGrammars();
  });

  /** What the last line says after its key: each piece with its innermost scope, without spaces in between. */
  function value(text: string, language: Language = "source.yaml"): readonly (readonly [string, string])[] {
    const line = tokenize(grammars[language].extended, text).at(-1) ?? [];
    const colon = line.findIndex(({ text }) => text === ":");
    return line
      .slice(colon + 1)
      .flatMap(({ text, scopes }) => (text.trim() === "" ? [] : [[text, scopes.at(-1) ?? ""]]));
  }

  function jsonValue(text: string) {
    return value(text, "source.json").filter(([text]) => !['"', ",", "}"].includes(text));
  }

  function unchanged(text: string, language: Language = "source.yaml") {
    const { shipped, extended } = grammars[language];
    assert.deepEqual(tokenize(extended, text), tokenize(shipped, text));
  }

  const plain = "string.unquoted.plain.out.yaml";
  const double = "string.quoted.double.yaml";
  const open = ["${", "punctuation.definition.template-expression.begin.fine-tune-lens"];
  const close = ["}", "punctuation.definition.template-expression.end.fine-tune-lens"];
  const comma = [",", "punctuation.separator.fine-tune-lens"];
  const colon = [":", "punctuation.separator.fine-tune-lens"];
  const quote = (end: "begin" | "end") => ['"', `punctuation.definition.string.${end}.yaml`];
  const reference = (name: string) => [name, "variable.other.reference.fine-tune-lens"];
  const resolver = (name: string) => [name, "support.function.resolver.fine-tune-lens"];
  const comment = (text: string) => [
    ["#", "punctuation.definition.comment.yaml"],
    [text, "comment.line.number-sign.yaml"],
  ];
  const model = (organization: string, name: string) => [
    [organization, "entity.name.namespace.organization.fine-tune-lens"],
    ["/", "punctuation.separator.namespace.fine-tune-lens"],
    [name, "entity.name.type.model.fine-tune-lens"],
  ];
  const time = (number: string, unit: string) => [
    [number, "constant.numeric.time.fine-tune-lens"],
    [unit, "keyword.other.unit.time.fine-tune-lens"],
  ];
  const component = (path: string, name: string) => [
    [path, "entity.name.namespace.fine-tune-lens"],
    [".", "punctuation.accessor.fine-tune-lens"],
    [name, "entity.name.function.component.fine-tune-lens"],
  ];

  describe("interpolations", () => {
    it("show what they refer to", () => {
      assert.deepEqual(value("max_seq_len: ${variables.max_seq_len}"), [
        open,
        reference("variables.max_seq_len"),
        close,
      ]);
    });

    it("keep the scopes of the string around them", () => {
      assert.deepEqual(tokenize(grammars["source.yaml"].extended, "seed: ${variables.global_seed}")[0]?.at(-2), {
        text: "variables.global_seed",
        scopes: [
          "source.yaml",
          "meta.stream.yaml",
          "meta.document.yaml",
          "meta.mapping.yaml",
          "meta.map.value.yaml",
          "string.unquoted.plain.out.yaml",
          "meta.template.expression.fine-tune-lens",
          "variable.other.reference.fine-tune-lens",
        ],
      } satisfies Token);
    });

    it("may be relative", () => {
      assert.deepEqual(value("generation:\n  top_k: ${..sampling.top_k}"), [
        open,
        reference("..sampling.top_k"),
        close,
      ]);
    });

    it("may stand between text, in quotes too", () => {
      assert.deepEqual(value('run_name: "sft ${model.size} on ${data.name}"  # shown in W&B'), [
        quote("begin"),
        ["sft ", double],
        ...[open, reference("model.size"), close],
        [" on ", double],
        ...[open, reference("data.name"), close],
        quote("end"),
        ...comment(" shown in W&B"),
      ]);
    });

    it("may call a resolver", () => {
      assert.deepEqual(value("save_dir: ${oc.env:SCRATCH,null}/${now:%Y-%m-%d}"), [
        ...[open, resolver("oc.env"), colon, ["SCRATCH", "variable.other.environment.fine-tune-lens"], comma],
        ...[["null", "constant.language.fine-tune-lens"], close],
        ["/", plain],
        ...[open, resolver("now"), colon, ["%Y-%m-%d", "meta.template.expression.fine-tune-lens"], close],
      ]);
    });

    it("may be nested", () => {
      assert.deepEqual(value("tokens: ${mul:${data.max_length}, 8}"), [
        ...[open, resolver("mul"), colon],
        ...[open, reference("data.max_length"), close],
        ...[comma, ["8", "constant.numeric.fine-tune-lens"], close],
      ]);
    });

    it("may quote an argument", () => {
      assert.deepEqual(value("total: ${eval:'${batch} * ${groups}'}"), [
        ...[open, resolver("eval"), colon, ["'", "string.quoted.fine-tune-lens"]],
        ...[open, reference("batch"), close],
        [" * ", "string.quoted.fine-tune-lens"],
        ...[open, reference("groups"), close],
        ...[["'", "string.quoted.fine-tune-lens"], close],
      ]);
    });

    it("may be a bare name in a value without a space", () => {
      assert.deepEqual(value("checkpoint_dir: ${output_dir}/epoch_0"), [
        ...[open, reference("output_dir"), close],
        ["/epoch_0", "meta.template.fine-tune-lens"],
      ]);
      assert.deepEqual(value("run_name: sft-${seed}-${model.size}"), [
        ["sft-", "meta.template.fine-tune-lens"],
        ...[open, reference("seed"), close],
        ["-", "meta.template.fine-tune-lens"],
        ...[open, reference("model.size"), close],
      ]);
    });

    it("are left alone in shell commands, in environment variables and when escaped", () => {
      unchanged("command: torchrun --nproc_per_node ${gpus} train.py");
      unchanged("hub_token: ${HF_TOKEN}");
      unchanged("path: ${dir:-/tmp}/${sha:0:7}");
      unchanged('template: "\\${a.b} and $${c.d}"');
      unchanged("token: ${{ secrets.HF_TOKEN }}");
    });

    it("change nothing before they are closed", () => {
      unchanged("max_seq_len: ${variables.max  # comment");
      unchanged('run_name: "sft-${model.size"\nseed: 42');
      unchanged("tokens: ${mul:\nseed: 42");
    });

    it("show what is closed inside what is not", () => {
      assert.deepEqual(value("tokens: ${mul:${data.max_length}, 8"), [
        ["${mul:", plain],
        ...[open, reference("data.max_length"), close],
        [", 8", plain],
      ]);
    });
  });

  it("mark a value that has to be filled in", () => {
    assert.deepEqual(value("restore_from_path: ??? # a .nemo file"), [
      ["???", "constant.language.mandatory.fine-tune-lens"],
      ...comment(" a .nemo file"),
    ]);
    unchanged("question: ??? really ???");
  });

  describe("times of Composer", () => {
    it("are a number and a unit", () => {
      assert.deepEqual(value("max_duration: 1ep"), time("1", "ep"));
      assert.deepEqual(value("max_duration: 63900ba  # ~ 134B tokens"), [
        ...time("63900", "ba"),
        ...comment(" ~ 134B tokens"),
      ]);
      assert.deepEqual(value("max_duration: 2e9tok"), time("2e9", "tok"));
      assert.deepEqual(value("scheduler:\n  t_warmup: 0.1dur"), time("0.1", "dur"));
      assert.deepEqual(
        value("scheduler: {name: cosine_with_warmup, t_warmup: 100ba}").slice(-3, -1),
        time("100", "ba"),
      );
      assert.deepEqual(value("save_interval: 3000sp"), time("3000", "sp"));
      assert.deepEqual(value("callbacks:\n  generate_callback:\n    interval: 12iter"), time("12", "iter"));
    });

    it("may be quoted, in JSON too", () => {
      assert.deepEqual(value('eval_interval: "1000000tok"'), [quote("begin"), ...time("1000000", "tok"), quote("end")]);
      assert.deepEqual(jsonValue('{"max_duration": "3600sec"}'), time("3600", "sec"));
    });

    it("are nothing else's", () => {
      unchanged("text_size: 14sp");
      unchanged("poll_interval: 10sec");
      unchanged("notes: 1ep");
      unchanged("max_duration: 2epochs");
      unchanged("max_duration: about 1ep");
    });
  });

  describe("numbers", () => {
    it("may group their digits, as PyYAML reads them", () => {
      assert.deepEqual(value("max_steps: 500_000"), [["500_000", "constant.numeric.grouped.fine-tune-lens"]]);
      assert.deepEqual(value("bins: [2_007_040]")[1], ["2_007_040", "constant.numeric.grouped.fine-tune-lens"]);
    });

    it("have VS Code's own colour where it has one", () => {
      for (const number of ["1e-5", "1.e-4", "5e12", "2E-5", "6.0e-05", ".5"]) {
        assert.deepEqual(value(`learning_rate: ${number}`), [[number, "constant.numeric.float.yaml"]]);
        unchanged(`learning_rate: ${number}`);
      }
    });

    it("are not every digit with an underscore", () => {
      unchanged("revision: 2024_01");
      unchanged('max_steps: "500_000"');
      unchanged("name: 500_000_steps");
    });
  });

  describe("models of the Hub", () => {
    it("are an organization and a name", () => {
      assert.deepEqual(value("base_model: meta-llama/Llama-3.1-8B"), model("meta-llama", "Llama-3.1-8B"));
      assert.deepEqual(value("model:   Qwen/Qwen2.5-7B-Instruct  # instruct"), [
        ...model("Qwen", "Qwen2.5-7B-Instruct"),
        ...comment(" instruct"),
      ]);
      for (const key of [
        ...["model_name_or_path", "pretrained_model_name_or_path", "adapter_name_or_path", "tokenizer_name_or_path"],
        ...["model_name", "model_id", "hub_model_id", "hf_model", "teacher_model", "reward_model", "tokenizer_name"],
      ]) {
        assert.deepEqual(value(`policy:\n  ${key}: mistralai/Mistral-7B-v0.1`), model("mistralai", "Mistral-7B-v0.1"));
      }
    });

    it("may be quoted, anchored or in braces", () => {
      const pythia = model("EleutherAI", "pythia-70m");
      assert.deepEqual(value('model_name: "EleutherAI/pythia-70m"'), [quote("begin"), ...pythia, quote("end")]);
      assert.deepEqual(value("model_name: &model EleutherAI/pythia-70m").slice(-3), pythia);
      assert.deepEqual(value("policy: {model_name: EleutherAI/pythia-70m, seed: 1}").slice(3, 6), pythia);
    });

    it("may be where LitGPT downloads them to", () => {
      assert.deepEqual(value("checkpoint_dir: checkpoints/google/gemma-2b"), [
        ["checkpoints/", plain],
        ...model("google", "gemma-2b"),
      ]);
      unchanged("checkpoint_dir: checkpoints/mistral-7b/training");
    });

    it("are coloured in JSON", () => {
      assert.deepEqual(jsonValue('{\n  "model_name_or_path": "Qwen/Qwen2.5-0.5B",'), model("Qwen", "Qwen2.5-0.5B"));
      assert.deepEqual(jsonValue('{\n  "model": "Qwen/Qwen2.5-0.5B"'), model("Qwen", "Qwen2.5-0.5B"));
    });

    it("are coloured in JSON with comments", () => {
      assert.deepEqual(
        value('{\n  "base_model_name_or_path": "google/gemma-2b" // LoRA', "source.json.comments").slice(1, 4),
        [...model("google", "gemma-2b")],
      );
    });

    it("are not folders and files", () => {
      unchanged("model_name_or_path: ./saves/llama");
      unchanged("model_name_or_path: saves/llama3-8b");
      unchanged("model_name_or_path: /mnt/models/llama");
      unchanged("model_name_or_path: llama/7b/final");
      unchanged("model_path: weights/llama.gguf");
      unchanged("tokenizer_name: bpe/tokenizer.json");
    });

    it("are not what other keys have", () => {
      unchanged("path: mhenrichsen/alpaca_2k_test");
      unchanged("image: vllm/vllm-openai");
      unchanged("services:\n  llm:\n    model: ai/smollm2");
      unchanged("our_base_models: a/b");
      unchanged('{\n  "body": {\n    "request": {\n      "model": "openai/gpt-4o"', "source.json");
    });
  });

  it("tell a component's name from its module", () => {
    assert.deepEqual(
      value("model:\n  _component_: torchtune.models.llama3.llama3_8b"),
      component("torchtune.models.llama3", "llama3_8b"),
    );
    assert.deepEqual(value("_target_: torch.optim.AdamW  # fused"), [
      ...component("torch.optim", "AdamW"),
      ...comment(" fused"),
    ]);
    assert.deepEqual(jsonValue('{"class_path": "litgpt.data.Alpaca"}'), component("litgpt.data", "Alpaca"));
    unchanged("_target_: dataset.py:make_dataset");
    unchanged("_target_: torch.optim.AdamW or SGD");
    unchanged("module: torch.optim.AdamW");
  });

  describe("leave alone", () => {
    it("keys, comments and block scalars", () => {
      unchanged("# base_model: meta-llama/Llama-3.1-8B\nseed: 42 # max_duration: 1ep, ${a.b}");
      unchanged('${a.b}: 1\n"${c.d}": 2\n500_000: 3\n{${e.f}: 4}');
      unchanged('{"_target_": {"torch.optim.AdamW": 1, "meta-llama/Llama-3.1-8B": 2}}', "source.json");
      unchanged("prompt: |\n  base_model: meta-llama/Llama-3.1-8B\n  ${a.b}\nother: >-\n  max_duration: 1ep");
      unchanged("description: a text that\n  base_model is not in, nor\n  1ep");
    });

    for (const [name, [language, text]] of Object.entries(foreign)) {
      it(name, () => unchanged(text, language));
    }
  });

  it("are added to VS Code's own, which stay", () => {
    const configs = readdirSync("examples", { encoding: "utf8", recursive: true }).filter((name) =>
      /\.(ya?ml|json)$/.test(name),
    );
    assert.ok(configs.length >= 5);
    for (const file of configs) {
      const { shipped, extended } = grammars[file.endsWith("json") ? "source.json" : "source.yaml"];
      const text = readFileSync(join("examples", file), "utf8");
      assert.deepEqual(withoutOwnScopes(tokenize(extended, text)), tokenize(shipped, text), file);
    }
  });

  describe("take a time that grows with the line", () => {
    const lines = {
      "one word": (length: number) => `base_model: ${"a".repeat(length)}`,
      "many slashes": (length: number) => `base_model: ${"a/".repeat(length / 2)}`,
      "many dots": (length: number) => `_target_: ${"a.".repeat(length / 2)}!`,
      "many digits": (length: number) => `max_duration: ${"1".repeat(length)}`,
      "many groups of digits": (length: number) => `max_steps: 1${"_000".repeat(length / 4)}x`,
      "many interpolations": (length: number) => `name: ${"${a.b}".repeat(length / 6)}`,
      "many unclosed interpolations": (length: number) => `name: ${"${mul:".repeat(length / 6)}`,
      "many quotes in interpolations": (length: number) => `name: ${"${mul:'".repeat(length / 7)}`,
      "deeply nested interpolations": (length: number) =>
        `name: ${"${a:".repeat(length / 5)}1${"}".repeat(length / 5)}`,
      "many question marks": (length: number) => `name: ${"?".repeat(length)}`,
    };

    for (const [name, line] of Object.entries(lines)) {
      it(name, () => {
        const { extended, searches } = grammars["source.yaml"];
        const tokenizing = (length: number) => {
          searches();
          const { stoppedEarly } = extended.tokenizeLine2(line(length), null, millisecondsPerLine);
          assert.equal(stoppedEarly, false);
          return searches();
        };
        const [half, whole] = [tokenizing(5_000), tokenizing(10_000)];
        assert.ok(whole <= 2 * half + 20, `${half} searches in 5,000 characters, ${whole} in 10,000`);
      });
    }
  });
});
