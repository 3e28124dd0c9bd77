import {
  type CodeLens,
  type CompletionList,
  commands,
  type Hover,
  type InlayHint,
  languages,
  Position,
  Range,
  type TextEditor,
  type Uri,
  window,
  workspace,
} from "vscode";

/** Edits of each config. */
const turns = 4;

/** Milliseconds by what was waited for. */
type Times = Record<string, number[]>;

/** Called by the extension host: how long a user waits, as a line of JSON on the console. */
export async function run(): Promise<void> {
  const times: Times = {};
  const [first] = await workspace.findFiles("axolotl/*.yml");
  if (first) await timed(times, "First hover", () => firstHover(first));
  const plain = await window.showTextDocument(await workspace.openTextDocument({ content: "Remarks\n" }));
  for (let turn = 0; turn < turns; turn++) {
    await type(plain, turn);
    await timed(times, "VS Code alone", () => hovers(plain.document.uri, new Position(0, 1)));
  }
  for (const uri of await workspace.findFiles("**/*.{yaml,yml,json}", "**/data/**")) await measure(uri, times);
  console.log(`FIGURES ${JSON.stringify(times)}`);
}

/** Of the window: it loads the extension. */
async function firstHover(uri: Uri): Promise<void> {
  const { document } = await window.showTextDocument(await workspace.openTextDocument(uri));
  const position = document.positionAt(document.getText().indexOf("base_model") + 1);
  while (!(await hovers(uri, position)).length);
  await commands.executeCommand("workbench.action.closeActiveEditor");
}

/** What there is to wait for in a config after each key stroke, from a text that has not been read yet; the first edit warms up. */
async function measure(uri: Uri, times: Times): Promise<void> {
  const editor = await window.showTextDocument(await workspace.openTextDocument(uri));
  const { document } = editor;
  const rate = /^.*\b(?:learning_rate|lr)\b/m.exec(document.getText());
  if (!rate || !(await hovers(uri, document.positionAt(rate.index + rate[0].length - 1))).length) return;
  const everything = new Range(new Position(0, 0), new Position(document.lineCount, 0));
  const waits: Readonly<Record<string, () => Thenable<unknown>>> = {
    Hover: () => hovers(uri, document.positionAt(rate.index + rate[0].length - 1)),
    "Inlay hints": () => commands.executeCommand<InlayHint[]>("vscode.executeInlayHintProvider", uri, everything),
    CodeLens: () => commands.executeCommand<CodeLens[]>("vscode.executeCodeLensProvider", uri),
    Completion: () =>
      commands.executeCommand<CompletionList>("vscode.executeCompletionItemProvider", uri, new Position(0, 0)),
    Findings: () => findingsOf(uri),
  };
  for (let turn = 0; turn < turns; turn++) {
    for (const [name, wait] of Object.entries(waits)) {
      await type(editor, turn);
      await timed(turn === 0 ? {} : times, name, wait);
    }
  }
  await commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
}

/** Adds a space at the end of the first line, or takes it away again. */
async function type({ document, edit }: TextEditor, turn: number): Promise<void> {
  const { end } = document.lineAt(0).range;
  await edit((change) =>
    turn % 2 === 0 ? change.insert(end, " ") : change.delete(new Range(end.translate(0, -1), end)),
  );
}

async function timed(times: Times, name: string, wait: () => Thenable<unknown>): Promise<void> {
  const started = performance.now();
  await wait();
  times[name] = [...(times[name] ?? []), performance.now() - started];
}

function hovers(uri: Uri, position: Position): Thenable<readonly Hover[]> {
  return commands.executeCommand<readonly Hover[]>("vscode.executeHoverProvider", uri, position);
}

/** The findings of the last edit, once they are shown. */
function findingsOf(uri: Uri): Promise<void> {
  return new Promise((resolve) => {
    const listener = languages.onDidChangeDiagnostics(({ uris }) => {
      if (!uris.some((changed) => changed.toString() === uri.toString())) return;
      listener.dispose();
      resolve();
    });
  });
}
