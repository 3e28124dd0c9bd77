/** `text` as it is in labels and messages, of which VS Code makes icons (`$(name)`) and links, to commands too (`[text](address)`). */
export function plainLabel(text: string): string {
  return text.replace(/\$\([\w~-]+\)/g, "\\$&").replaceAll("](", "] (");
}
