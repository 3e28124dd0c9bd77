/** A new element with text or children in it; text never becomes markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) node.setAttribute(attribute, value);
  node.append(...children);
  return node;
}

/** A table with its first column as row headers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): HTMLTableElement {
  const headers = head.map((title) => element("th", { scope: "col" }, title));
  const body = rows.map(([name = "", ...cells]) =>
    element("tr", {}, element("th", { scope: "row" }, name), ...cells.map((cell) => element("td", {}, cell))),
  );
  return element("table", {}, element("thead", {}, element("tr", {}, ...headers)), element("tbody", {}, ...body));
}
