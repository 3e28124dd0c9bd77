/** The part of a rule's name that groups it with others; each has a page in `docs/rules`. */
export function familyOf(id: string): string {
  return id.slice(0, id.indexOf("/"));
}

/** Where the documentation tells of a rule: its page in `docs/rules`, and the heading in it. */
export function pageOf(id: string): { readonly file: string; readonly anchor: string } {
  return { file: `${familyOf(id)}.md`, anchor: id.replace("/", "") };
}
