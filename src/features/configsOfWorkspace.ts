import { type CancellationToken, type Uri, workspace } from "vscode";
import { recognise } from "../core/analyze.ts";
import { selector } from "./analyses.ts";

const pattern = "**/*.{yaml,yml,json,jsonc}";
const exclude = "**/{node_modules,site-packages,.venv,venv}/**";

const mostFiles = 5000;

/** Larger files are data: no config comes near. */
const mostBytes = 500_000;

/** Files that are read at the same time. */
const atOnce = 16;

/** A training config, and the name of its framework. */
export interface FoundConfig {
  readonly uri: Uri;
  readonly framework: string;
}

/** The training configs that are open, saved or not. The facts must be loaded. */
export function openConfigs(): readonly FoundConfig[] {
  return workspace.textDocuments.flatMap((document) => {
    const { uri, languageId, isClosed } = document;
    if (isClosed || uri.scheme === "git" || !selector.some(({ language }) => language === languageId)) return [];
    return foundIn(document.getText(), languageId === "yaml", uri);
  });
}

/** The training configs among the files of the workspace, by their paths. The facts must be loaded. */
export async function configsOfWorkspace(token: CancellationToken): Promise<readonly FoundConfig[]> {
  const uris = await workspace.findFiles(pattern, exclude, mostFiles, token);
  uris.sort((a, b) => a.path.localeCompare(b.path));
  const found: FoundConfig[] = [];
  for (let from = 0; from < uris.length && !token.isCancellationRequested; from += atOnce) {
    const some = await Promise.all(uris.slice(from, from + atOnce).map(configAt));
    found.push(...some.flat());
  }
  return found;
}

/** Nothing for a file that cannot be read. */
async function configAt(uri: Uri): Promise<readonly FoundConfig[]> {
  try {
    const { size } = await workspace.fs.stat(uri);
    if (size > mostBytes) return [];
    return foundIn(new TextDecoder().decode(await workspace.fs.readFile(uri)), /\.ya?ml$/i.test(uri.path), uri);
  } catch {
    return [];
  }
}

function foundIn(text: string, isYaml: boolean, uri: Uri): readonly FoundConfig[] {
  const framework = recognise(text, isYaml ? "yaml" : "json")?.dialect.label;
  return framework === undefined ? [] : [{ uri, framework }];
}
