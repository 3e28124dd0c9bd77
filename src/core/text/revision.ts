import { joined, type TextEdit } from "./edit.ts";
import { lineStarts, type Position, positionAt, type Span } from "./position.ts";

/** A text with edits made one after the other, which remembers what is left of the original. */
export interface Revision {
  readonly text: string;
  readonly pieces: readonly Piece[];
}

/** A stretch of the original, or text that is new. */
type Piece = Span | string;

/** `text` before any edit. */
export function revisionOf(text: string): Revision {
  return { text, pieces: [{ start: 0, end: text.length }] };
}

/** `revision` after `edits` of its text, which do not overlap. */
export function revise(revision: Revision, edits: readonly TextEdit[]): Revision {
  const starts = lineStarts(revision.text);
  const offset = ({ line, character }: Position) => (starts[line] ?? revision.text.length) + character;
  return joined(edits)
    .map(({ range, newText }) => ({ start: offset(range.start), end: offset(range.end), newText }))
    .sort((a, b) => b.start - a.start || b.end - a.end)
    .reduce<Revision>(
      ({ text, pieces }, { start, end, newText }) => ({
        text: text.slice(0, start) + newText + text.slice(end),
        pieces: [...cut(pieces, 0, start), newText, ...cut(pieces, end, text.length)],
      }),
      revision,
    );
}

/** The pieces between two offsets of the text that they make up. */
function cut(pieces: readonly Piece[], from: number, to: number): readonly Piece[] {
  let at = 0;
  return pieces.flatMap((piece) => {
    const length = typeof piece === "string" ? piece.length : piece.end - piece.start;
    const start = Math.max(from - at, 0);
    const end = Math.min(to - at, length);
    at += length;
    if (start >= end) return [];
    return [
      typeof piece === "string" ? piece.slice(start, end) : { start: piece.start + start, end: piece.start + end },
    ];
  });
}

/** The edits that make the revision of `original`: in order, apart from each other, and only where something is new or gone. */
export function editsOf({ pieces }: Revision, original: string): readonly TextEdit[] {
  const starts = lineStarts(original);
  const edits: TextEdit[] = [];
  let at = 0;
  let newText = "";
  const upTo = (offset: number) => {
    if (offset > at || newText !== "") {
      edits.push({ range: { start: positionAt(starts, at), end: positionAt(starts, offset) }, newText });
    }
    newText = "";
  };
  for (const piece of pieces) {
    if (typeof piece === "string") newText += piece;
    else {
      upTo(piece.start);
      at = piece.end;
    }
  }
  upTo(original.length);
  return edits;
}
