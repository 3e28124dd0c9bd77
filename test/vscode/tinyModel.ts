import { Uri, workspace } from "vscode";
import { hotConfig } from "./documents.ts";

/** Llama-shaped, 2 layers of 64: 1000·64 embeddings, as much output, 2·(4·64² + 3·64·256 + 2·64) in the blocks, 64 in the norm. */
export const tiny = JSON.stringify({
  model_type: "llama",
  hidden_size: 64,
  intermediate_size: 256,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  vocab_size: 1000,
  tie_word_embeddings: false,
});
/** How many those are, as the hover has it. */
export const tinyParameters = "259,392 parameters"; // 128,000 + 131,328 + 64

export const configFor = (model: string) => hotConfig.replace("meta-llama/Llama-2-7b-hf", model);

/** The folder that the window has open. */
export const folder = () => workspace.workspaceFolders?.[0]?.uri ?? Uri.file("/nowhere");

export const write = (uri: Uri, text: string) => workspace.fs.writeFile(uri, new TextEncoder().encode(text));
