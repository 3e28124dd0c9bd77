import { commands, type Disposable, languages, type TextDocument, type Uri, workspace } from "vscode";
import type { Finding } from "../core/rules/rule.ts";
import type { Analyses } from "./analyses.ts";
import { diagnosticSource, toDiagnostic } from "./findings.ts";

/** Keystrokes closer together than this are judged as one. */
const delayMilliseconds = 250;

/** True as soon as an open file has a finding less than before: the walkthrough waits for it. */
const contextKey = "fineTuneLens.mended";

/** The findings in the list of problems: of open documents, saved or not, and of files that were checked without being open. */
export class Diagnostics implements Disposable {
  readonly #analyses: Analyses;
  readonly #documentation: Uri;
  readonly #collection = languages.createDiagnosticCollection(diagnosticSource);
  readonly #pending = new Map<string, ReturnType<typeof setTimeout>>();
  /** The files whose findings stay when nobody has them open, by their addresses. */
  readonly #checked = new Map<string, Uri>();
  readonly #subscriptions: readonly Disposable[];

  constructor(analyses: Analyses, documentation: Uri) {
    this.#analyses = analyses;
    this.#documentation = documentation;
    for (const document of workspace.textDocuments) this.#publish(document);
    this.#subscriptions = [
      this.#collection,
      workspace.onDidOpenTextDocument((document) => this.#publish(document)),
      workspace.onDidChangeTextDocument(({ document }) => this.#schedule(document)),
      workspace.onDidCloseTextDocument((document) => this.#close(document)),
      workspace.onDidDeleteFiles(({ files }) => this.#forget(files)),
      workspace.onDidRenameFiles(({ files }) => this.#forget(files.map(({ oldUri }) => oldUri))),
      analyses.onDidChange((document) => this.#schedule(document)),
    ];
  }

  /** Shows the findings of files that nobody has open, and no longer those of other such files. */
  showChecked(files: ReadonlyMap<Uri, readonly Finding[]>): void {
    const open = new Set(workspace.textDocuments.map(({ uri }) => uri.toString()));
    for (const [key, uri] of this.#checked) if (!open.has(key)) this.#collection.delete(uri);
    this.#checked.clear();
    for (const [uri, findings] of files) {
      this.#checked.set(uri.toString(), uri);
      if (!open.has(uri.toString())) this.#set(uri, findings);
    }
  }

  dispose(): void {
    for (const timer of this.#pending.values()) clearTimeout(timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #schedule(document: TextDocument): void {
    const key = document.uri.toString();
    clearTimeout(this.#pending.get(key));
    this.#pending.set(
      key,
      setTimeout(() => this.#publish(document), delayMilliseconds),
    );
  }

  #publish(document: TextDocument): void {
    this.#pending.delete(document.uri.toString());
    if (document.isClosed) return;
    const findings = this.#analyses.of(document)?.findings ?? [];
    if (findings.length < (this.#collection.get(document.uri)?.length ?? 0)) {
      void commands.executeCommand("setContext", contextKey, true);
    }
    this.#set(document.uri, findings);
  }

  /** What was checked keeps the findings of its last text. */
  #close(document: TextDocument): void {
    const key = document.uri.toString();
    clearTimeout(this.#pending.get(key));
    this.#pending.delete(key);
    this.#set(document.uri, this.#checked.has(key) ? (this.#analyses.of(document)?.findings ?? []) : []);
  }

  #forget(uris: readonly Uri[]): void {
    for (const uri of uris) {
      this.#checked.delete(uri.toString());
      this.#collection.delete(uri);
    }
  }

  #set(uri: Uri, findings: readonly Finding[]): void {
    const diagnostics = findings.map((finding) => toDiagnostic(finding, uri, this.#documentation));
    if (diagnostics.length === 0) this.#collection.delete(uri);
    else this.#collection.set(uri, diagnostics);
  }
}
