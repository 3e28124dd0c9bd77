import {
  type CancellationToken,
  CompletionItem,
  CompletionItemKind,
  type CompletionList,
  CompletionTriggerKind,
  commands,
  type Disposable,
  languages,
  MarkdownString,
  type Position,
  type TextDocument,
} from "vscode";
import { type Completion, completionsAt } from "../core/completion/completions.ts";
import { t } from "../core/language.ts";
import { builtInCatalogue } from "../core/models/builtIn.ts";
import { type Analyses, selector } from "./analyses.ts";
import { fromPosition, toRange } from "./ranges.ts";

/** Keys and values of the recognised framework, but for those that another extension offers at the same place. */
export function registerCompletion(analyses: Analyses): Disposable {
  const asking = new Set<string>();
  const models = builtInCatalogue.records.map(({ id }) => id);
  return languages.registerCompletionItemProvider(
    selector,
    {
      async provideCompletionItems(document, position, token, { triggerKind }) {
        const place = `${document.uri} ${document.version} ${position.line}:${position.character}`;
        if (asking.has(place)) return [];
        const analysis = await analyses.whileTyping(document, token);
        if (!analysis) return [];
        // A space behind a key asks for its values; nobody who types a space wants keys.
        const typed = triggerKind === CompletionTriggerKind.TriggerCharacter;
        const ours = completionsAt(analysis, fromPosition(position), models).filter(
          ({ kind }) => kind === "value" || !typed,
        );
        if (ours.length === 0) return [];
        asking.add(place);
        const taken = await labelsOfOthers(document, position, token).finally(() => asking.delete(place));
        return ours.filter(({ label }) => !taken.has(label)).map(toItem);
      },
    },
    " ",
  );
}

/** What other extensions offer here; words of the document, which the editor offers everywhere, do not count. */
async function labelsOfOthers(
  { uri }: TextDocument,
  position: Position,
  token: CancellationToken,
): Promise<ReadonlySet<string>> {
  if (token.isCancellationRequested) return new Set();
  const list = await commands.executeCommand<CompletionList>("vscode.executeCompletionItemProvider", uri, position);
  const named = list.items.filter(
    ({ kind }) => kind !== CompletionItemKind.Text && kind !== CompletionItemKind.Snippet,
  );
  const labels = named.map(({ label }) => (typeof label === "string" ? label : label.label));
  return new Set(labels.map((label) => label.replace(/^"|"$/g, "")));
}

function toItem(completion: Completion, index: number): CompletionItem {
  const { kind, label, detail, documentation, insertText, range, hasValues } = completion;
  const item = new CompletionItem(label, kind === "key" ? CompletionItemKind.Property : CompletionItemKind.EnumMember);
  item.detail = detail;
  item.documentation = new MarkdownString(documentation);
  item.insertText = insertText;
  item.filterText = insertText.startsWith('"') ? JSON.stringify(label) : label;
  item.range = toRange(range);
  item.sortText = String(index).padStart(4, "0");
  if (hasValues) item.command = { command: "editor.action.triggerSuggest", title: t`Choose a value` };
  return item;
}
