import {
  commands,
  type Diagnostic,
  extensions,
  type Hover,
  type InlayHint,
  languages,
  type MarkdownString,
  Position,
  Range,
  type Tab,
  TabInputWebview,
  type TextDocument,
  type TextEditor,
  type Uri,
  window,
  workspace,
} from "vscode";

/** A full fine-tune whose rate was copied from a LoRA run: the mistake that every surface has something to say about. */
export const hotConfig = `### model
model_name_or_path: meta-llama/Llama-2-7b-hf

### method
stage: sft
finetuning_type: full

### train
cutoff_len: 2048
per_device_train_batch_size: 1
gradient_accumulation_steps: 8
learning_rate: 2e-4   # copied from our LoRA run
optim: adamw_torch_fused
lr_scheduler_type: cosine
warmup_ratio: 0.03
bf16: true
`;

/** The extension that is tested. */
export function testedExtension() {
  return extensions.getExtension("fine-tune-lens.fine-tune-lens");
}

/** Opens an unsaved document in an editor. */
export async function open(content: string, language = "yaml"): Promise<TextEditor> {
  return window.showTextDocument(await workspace.openTextDocument({ content, language }));
}

/** The position `within` characters into the first `text`. */
export function positionOf(document: TextDocument, text: string, within = 1): Position {
  return document.positionAt(document.getText().indexOf(text) + within);
}

export async function hoversAt(uri: Uri, position: Position): Promise<readonly Hover[]> {
  return commands.executeCommand<readonly Hover[]>("vscode.executeHoverProvider", uri, position);
}

/** The text of the hovers at a position, as Markdown. */
export async function hoverTexts(uri: Uri, position: Position): Promise<readonly string[]> {
  const hovers = await hoversAt(uri, position);
  return hovers.flatMap(({ contents }) => contents.map((content) => (content as MarkdownString).value));
}

/**
 * The hover on the first `text` as soon as it matches; the test's time limit ends the wait. `again` is done before each look: a
 * watcher that is still being set up misses a change of a file.
 */
export async function hoverTextWhen(
  document: TextDocument,
  text: string,
  pattern: RegExp,
  again: () => Thenable<void> = async () => {},
): Promise<string> {
  for (;;) {
    await again();
    const [hover = ""] = await hoverTexts(document.uri, positionOf(document, text));
    if (pattern.test(hover)) return hover;
  }
}

/** Labels of our inlay hints with the line that they stand on. */
export async function hintLabels({ uri, lineCount, lineAt }: TextDocument): Promise<readonly string[]> {
  const everything = new Range(new Position(0, 0), new Position(lineCount, 0));
  const hints = await commands.executeCommand<readonly InlayHint[]>("vscode.executeInlayHintProvider", uri, everything);
  return hints.map(({ label, position }) => `${lineAt(position.line).text} → ${label}`);
}

/** Our diagnostics of `uri` as soon as they satisfy `condition`; the test's time limit ends the wait. */
export function diagnosticsWhen(
  uri: Uri,
  condition: (diagnostics: readonly Diagnostic[]) => boolean,
): Promise<readonly Diagnostic[]> {
  const ours = () => languages.getDiagnostics(uri).filter(({ source }) => source === "fine-tune-lens");
  return new Promise((resolve) => {
    const look = () => {
      const diagnostics = ours();
      if (!condition(diagnostics)) return;
      listener.dispose();
      resolve(diagnostics);
    };
    const listener = languages.onDidChangeDiagnostics(look);
    look();
  });
}

/** The tabs that hold our panel. */
export function panels(): readonly Tab[] {
  return window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(({ input }) => input instanceof TabInputWebview && input.viewType.endsWith("fineTuneLens.panel"));
}

/** The panel's tab as soon as there is one; the test's time limit ends the wait. */
export function panelTab(): Promise<Tab> {
  return new Promise((resolve) => {
    const look = () => {
      const [first] = panels();
      if (!first) return;
      listener.dispose();
      resolve(first);
    };
    const listener = window.tabGroups.onDidChangeTabs(look);
    look();
  });
}

/** Replaces the first `text` in the editor, as typing does. */
export async function replace(editor: TextEditor, text: string, replacement: string): Promise<void> {
  const start = positionOf(editor.document, text, 0);
  await editor.edit((edit) => edit.replace(new Range(start, start.translate(0, text.length)), replacement));
}

/** Runs a command and takes what is offered first, whatever it asks. */
export async function takeFirst(name: string): Promise<void> {
  let done = false;
  const command = Promise.resolve(commands.executeCommand(name)).finally(() => {
    done = true;
  });
  while (!done) await commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
  await command;
}
