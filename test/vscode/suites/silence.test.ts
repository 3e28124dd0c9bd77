import { assert } from "chai";
import { type CodeAction, commands, languages, Range } from "vscode";
import { hintLabels, hoverTexts, open, positionOf } from "../documents.ts";

const foreign = [
  [
    "yaml",
    "a workflow",
    "on: push\njobs:\n  train:\n    runs-on: gpu\n    steps:\n      - run: python train.py\n",
    "jobs",
  ],
  ["yaml", "a manifest", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: learning-rate\n", "kind"],
  [
    "yaml",
    "a merge recipe",
    "model_name_or_path: meta-llama/Llama-2-7b-hf\nfinetuning_type: lora\nexport_dir: out\n",
    "finetuning_type",
  ],
  ["json", "a package", '{ "name": "learning_rate", "version": "1.0.0" }\n', "version"],
  [
    "plaintext",
    "a config in another language",
    "base_model: meta-llama/Llama-2-7b-hf\nlearning_rate: 2e-4\n",
    "base_model",
  ],
] as const;

describe("files that are not training configs", () => {
  for (const [language, title, text, word] of foreign) {
    it(`get nothing at all: ${title}`, async () => {
      const { document } = await open(text, language);
      const position = positionOf(document, word);
      const ours = (await hoverTexts(document.uri, position)).filter((hover) => hover.includes("GiB"));
      assert.deepEqual(ours, []);
      assert.deepEqual(await hintLabels(document), []);
      const range = new Range(position, position);
      const actions = await commands.executeCommand<readonly CodeAction[]>(
        "vscode.executeCodeActionProvider",
        document.uri,
        range,
      );
      assert.deepEqual(
        actions.filter(({ title: name }) => name.startsWith("Set learning_rate")),
        [],
      );
      assert.deepEqual(
        languages.getDiagnostics(document.uri).filter(({ source }) => source === "fine-tune-lens"),
        [],
      );
    });
  }
});
