/** `text` so that Markdown shows it as it is: no emphasis, link, image, HTML, table cell or icon comes out of it. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>&~$:]/g, "\\$&").replace(/\s+/g, " ");
}

/** An image that carries its SVG with it. */
export function inlineSvg(svg: string, description: string): string {
  const encoded = encodeURIComponent(svg).replace(/[()'*!~]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
  return `![${escapeMarkdown(description)}](data:image/svg+xml,${encoded})`;
}
