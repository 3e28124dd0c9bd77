import { type Disposable, DocumentLink, languages, Uri } from "vscode";
import { t } from "../core/language.ts";
import { type Analyses, selector } from "./analyses.ts";
import { toRange } from "./ranges.ts";

/** The files that a config points to open with a click. */
export function registerDocumentLinks(analyses: Analyses): Disposable {
  return languages.registerDocumentLinkProvider(selector, {
    async provideDocumentLinks(document, token) {
      const analysis = await analyses.whileTyping(document, token);
      const links = analysis?.links ?? [];
      return links.flatMap(({ place, file }) => {
        if (!file) return [];
        const link = new DocumentLink(toRange(place.range), Uri.parse(file.uri));
        link.tooltip = t`Open the file that this config is read with`;
        return [link];
      });
    },
  });
}
