import {
  type CancellationToken,
  CancellationTokenSource,
  FileType,
  languages,
  RelativePattern,
  type TextDocument,
  Uri,
  type WorkspaceFolder,
  workspace,
} from "vscode";
import { recognise } from "../core/analyze.ts";
import { mayTrain } from "../core/dialects/index.ts";
import { formatOfFile, type TextFormat } from "../core/text/document.ts";
import { formatOf, isCandidate } from "./analyses.ts";

const pattern = "**/*.{yaml,yml,json,jsonc}";

/** Folders of other people's files, beside those that the settings exclude. */
const foreign = ["**/node_modules", "**/site-packages", "**/.venv", "**/venv"];

const mostFiles = 20_000;

/** Larger files are data: no config comes near. */
const mostBytes = 500_000;

/** Milliseconds that an extension may take to search files that are on no disk. */
const patience = 3000;

/** Files that are read at the same time. */
const atOnce = 16;

/** A text that may be a training config. */
export interface CandidateText {
  readonly uri: Uri;
  readonly text: string;
  readonly format: TextFormat;
}

/** A training config, and the name of its framework. */
export interface FoundConfig {
  readonly uri: Uri;
  readonly framework: string;
}

/** The training configs that are open, saved or not. */
export function openConfigs(): readonly FoundConfig[] {
  return workspace.textDocuments.flatMap((document) => {
    if (document.isClosed || !isCandidate(document)) return [];
    return foundIn({ uri: document.uri, text: document.getText(), format: formatOf(document) });
  });
}

/** The training configs among the files of the workspace, by their paths. */
export async function configsOfWorkspace(token: CancellationToken): Promise<readonly FoundConfig[]> {
  const found: FoundConfig[] = [];
  for await (const { texts } of textsOf(await filesOfWorkspace(token), token)) found.push(...texts.flatMap(foundIn));
  return found;
}

/** The files of the workspace whose names can be those of configs, by their paths, without what the settings exclude from search. */
export async function filesOfWorkspace(token: CancellationToken): Promise<readonly Uri[]> {
  const found = await Promise.all((workspace.workspaceFolders ?? []).map((folder) => filesIn(folder, token)));
  return found.flat().sort((a, b) => a.path.localeCompare(b.path));
}

async function filesIn(folder: WorkspaceFolder, token: CancellationToken): Promise<readonly Uri[]> {
  const wanted = new RelativePattern(folder, pattern);
  const unwanted = `{${excluded(folder).join(",")}}`;
  if (folder.uri.scheme === "file") return workspace.findFiles(wanted, unwanted, mostFiles, token);
  // What is on no disk an extension may search; VS Code waits for one without end.
  const searching = new CancellationTokenSource();
  const stop = token.onCancellationRequested(() => searching.cancel());
  const search = workspace.findFiles(wanted, unwanted, mostFiles, searching.token);
  const found = await Promise.race([search, new Promise<null>((resolve) => setTimeout(resolve, patience, null))]);
  searching.cancel();
  stop.dispose();
  return found ?? filesBelow(folder.uri, wanted, new RelativePattern(folder, unwanted), token);
}

/** The same by looking into one folder after the other; links are not followed. */
async function filesBelow(
  top: Uri,
  wanted: RelativePattern,
  unwanted: RelativePattern,
  token: CancellationToken,
): Promise<readonly Uri[]> {
  const found: Uri[] = [];
  const folders = [top];
  for (let folder = folders.pop(); folder && !token.isCancellationRequested; folder = folders.pop()) {
    for (const [name, type] of await entriesOf(folder)) {
      const uri = Uri.joinPath(folder, name);
      if (matches(unwanted, uri)) continue;
      if (type === FileType.Directory) folders.push(uri);
      if (type === FileType.File && matches(wanted, uri)) found.push(uri);
      if (found.length === mostFiles) return found;
    }
  }
  return found;
}

/** Nothing of a folder that cannot be read. */
async function entriesOf(folder: Uri): Promise<readonly [string, FileType][]> {
  try {
    return await workspace.fs.readDirectory(folder);
  } catch {
    return [];
  }
}

/** VS Code matches globs for documents alone, and looks at no more of them than this. */
function matches(glob: RelativePattern, uri: Uri): boolean {
  return languages.match({ pattern: glob }, { uri, languageId: "" } as TextDocument) > 0;
}

/** What `files.exclude` and `search.exclude` name, but for what depends on files beside it. */
function excluded({ uri }: WorkspaceFolder): readonly string[] {
  const named = ["files", "search"].flatMap((section) => {
    const globs: unknown = workspace.getConfiguration(section, uri).get("exclude");
    return typeof globs === "object" && globs !== null ? Object.entries(globs) : [];
  });
  const globs = [...foreign, ...named.flatMap(([glob, isOn]) => (isOn === true ? [glob] : []))];
  return globs.flatMap((glob) => [glob, `${glob}/**`]);
}

/** Some of the texts that may be configs, and how many of the files have been looked at. */
export interface CandidateTexts {
  readonly texts: readonly CandidateText[];
  readonly done: number;
}

/** The texts of the files that may be configs: as an editor has them, or from the disk. */
export async function* textsOf(files: readonly Uri[], token: CancellationToken): AsyncGenerator<CandidateTexts> {
  const open = new Map(workspace.textDocuments.map((document) => [document.uri.toString(), document]));
  for (let from = 0; from < files.length && !token.isCancellationRequested; from += atOnce) {
    const texts = await Promise.all(
      files.slice(from, from + atOnce).map(async (uri): Promise<readonly CandidateText[]> => {
        const text = open.get(uri.toString())?.getText() ?? (await textAt(uri));
        if (text === undefined || !mayTrain(text)) return [];
        return [{ uri, text, format: formatOfFile(uri.path) }];
      }),
    );
    yield { texts: texts.flat(), done: Math.min(files.length, from + atOnce) };
  }
}

/** Undefined for a file that is too large, or cannot be read. */
async function textAt(uri: Uri): Promise<string | undefined> {
  try {
    const { size } = await workspace.fs.stat(uri);
    return size > mostBytes ? undefined : new TextDecoder().decode(await workspace.fs.readFile(uri));
  } catch {
    return undefined;
  }
}

function foundIn({ uri, text, format }: CandidateText): readonly FoundConfig[] {
  const framework = recognise(text, format)?.dialect.label;
  return framework === undefined ? [] : [{ uri, framework }];
}
