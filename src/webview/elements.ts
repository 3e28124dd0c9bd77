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

/** The same of a picture. */
export function svgElement<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: readonly (Node | string)[]
): SVGElementTagNameMap[K] {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [attribute, value] of Object.entries(attributes)) node.setAttribute(attribute, String(value));
  node.append(...children);
  return node;
}

/** A button with a tooltip, and another name for screen readers where its label says too little. */
export function button(label: string, tooltip: string, onClick: () => void, name?: string): HTMLButtonElement {
  const made = element("button", { type: "button", title: tooltip, ...(name ? { "aria-label": name } : {}) }, label);
  made.addEventListener("click", onClick);
  return made;
}

/** A table with its first column as row headers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], title?: string): HTMLTableElement {
  const headers = head.map((name) => element("th", { scope: "col" }, name));
  const body = rows.map(([name = "", ...cells]) =>
    element("tr", {}, element("th", { scope: "row" }, name), ...cells.map((cell) => element("td", {}, cell))),
  );
  return element(
    "table",
    {},
    ...(title === undefined ? [] : [element("caption", {}, title)]),
    element("thead", {}, element("tr", {}, ...headers)),
    element("tbody", {}, ...body),
  );
}

/** A box that scrolls sideways when what is in it is wider, with the keyboard too. */
export function scrollable(title: string): HTMLElement {
  return element("div", { class: "table", role: "region", tabindex: "0", "aria-label": title });
}
