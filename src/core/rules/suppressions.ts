/** Comments that silence rules: for their line, for the one below where they stand alone, or for the whole file. */
export interface Suppressions {
  /** Whether a finding of `rule` on a line, counted from 0, is not to be shown. */
  readonly cover: (rule: string, line: number) => boolean;
}

/** `# fine-tune-lens-ignore lr/too-high`, or `-ignore-file`; all rules where none is named. What is no rule's name is a remark. */
const comment = /(?:#|\/\/)[ \t]*fine-tune-lens-ignore(-file)?(?![\w-])([^\r\n]*)/;

type Silenced = ReadonlySet<string> | "all";

export function suppressionsIn(text: string): Suppressions {
  if (!text.includes("fine-tune-lens-ignore")) return { cover: () => false };
  const lines = text.split(/\r\n|\r|\n/);
  const inFile: Silenced[] = [];
  const onLine = new Map<number, Silenced[]>();
  for (const [line, content] of lines.entries()) {
    const found = comment.exec(content);
    if (!found) continue;
    const silenced = namesIn(found[2] ?? "");
    const target = found.index === content.search(/\S/) ? nextLine(lines, line) : line;
    if (found[1]) inFile.push(silenced);
    else onLine.set(target, [...(onLine.get(target) ?? []), silenced]);
  }
  return {
    cover: (rule, line) => [...inFile, ...(onLine.get(line) ?? [])].some((names) => names === "all" || names.has(rule)),
  };
}

function namesIn(text: string): Silenced {
  const names = text.match(/\b[a-z]+\/[a-z0-9-]+\b/g) ?? [];
  return names.length > 0 ? new Set(names) : "all";
}

/** The next line that is more than a comment. */
function nextLine(lines: readonly string[], line: number): number {
  const next = lines.findIndex((content, index) => index > line && !/^\s*(?:#|\/\/|$)/.test(content));
  return next < 0 ? line : next;
}
