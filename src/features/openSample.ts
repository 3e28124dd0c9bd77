import { commands, type Disposable, type QuickPickItem, Uri, ViewColumn, window, workspace } from "vscode";
import { t } from "../core/language.ts";
import { verdictWithAssumptions } from "../core/report/verdict.ts";
import { formatOfFile } from "../core/text/document.ts";
import type { Analyses } from "./analyses.ts";

export const openSampleCommand = "fineTuneLens.openSample";

/**
 * The configs that come with the extension, by their places in `examples`; the walkthrough opens the first. They are listed, for
 * a folder of an extension cannot be listed in a browser.
 */
export const samples = [
  "llama-factory/llama3_8b_full_sft.yaml",
  "axolotl/llama-3-8b-qlora.yml",
  "axolotl/llama-2-7b-full.yml",
  "trl/sft_smollm2_360m.yaml",
  "trl/sft_llama2_7b_qlora.yaml",
  "transformers/qwen2.5_0.5b_clm.json",
  "torchtune/llama3_2_1b_lora.yaml",
  "litgpt/llama-3.2-1b-lora.yaml",
  "ms-swift/qwen2.5_7b_lora.yaml",
  "gpt-neox/160M.yml",
];

/** Opens one of the samples as a document that nobody has saved: the one that a link names, else the one that the user picks. */
export function registerOpenSample(analyses: Analyses, extension: Uri): Disposable {
  const folder = Uri.joinPath(extension, "examples");
  return commands.registerCommand(openSampleCommand, async (named: unknown): Promise<void> => {
    const linked = samples.find((path) => path === named);
    const sample = linked ? await read(folder, linked) : await choose(analyses, folder);
    if (!sample) return;
    const { language, text: content } = sample;
    const document = await workspace.openTextDocument({ language, content });
    // Whoever follows a link goes on reading where it is.
    await window.showTextDocument(document, linked ? ViewColumn.Beside : ViewColumn.Active);
  });
}

interface Sample {
  readonly uri: Uri;
  readonly text: string;
  readonly language: "json" | "yaml";
}

async function read(folder: Uri, path: string): Promise<Sample> {
  const uri = Uri.joinPath(folder, path);
  const text = new TextDecoder().decode(await workspace.fs.readFile(uri));
  return { uri, text, language: formatOfFile(path) };
}

async function choose(analyses: Analyses, folder: Uri): Promise<Sample | undefined> {
  const items = Promise.all(samples.map(async (path) => itemOf(analyses, path, await read(folder, path))));
  const placeHolder = t`A training config to look at, as a new document`;
  return (await window.showQuickPick(items, { title: t`Open Sample Config`, placeHolder, matchOnDetail: true }))
    ?.sample;
}

/** The framework, the file's name, and what is said above its first line. */
async function itemOf(
  analyses: Analyses,
  path: string,
  sample: Sample,
): Promise<QuickPickItem & { readonly sample: Sample }> {
  const { uri, text, language: format } = sample;
  const analysis = await analyses.once()({ uri, text, format });
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (!analysis) return { label: name, sample };
  return { label: analysis.dialect.label, description: name, detail: verdictWithAssumptions(analysis), sample };
}
