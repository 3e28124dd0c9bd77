import { Position, Range, type Uri, WorkspaceEdit } from "vscode";
import type { TextEdit } from "../core/text/edit.ts";
import type { Position as CorePosition, Range as CoreRange } from "../core/text/position.ts";

export function toPosition({ line, character }: CorePosition): Position {
  return new Position(line, character);
}

export function fromPosition({ line, character }: Position): CorePosition {
  return { line, character };
}

export function toRange({ start, end }: CoreRange): Range {
  return new Range(toPosition(start), toPosition(end));
}

/** All edits in one undo step. */
export function toWorkspaceEdit(uri: Uri, edits: readonly TextEdit[]): WorkspaceEdit {
  const workspaceEdit = new WorkspaceEdit();
  addEdits(workspaceEdit, uri, edits);
  return workspaceEdit;
}

export function addEdits(workspaceEdit: WorkspaceEdit, uri: Uri, edits: readonly TextEdit[]): void {
  for (const { range, newText } of edits) workspaceEdit.replace(uri, toRange(range), newText);
}
