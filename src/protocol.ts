import type { PanelModel } from "./core/report/panelModel.ts";

/** What the extension tells the panel's page. */
export type HostMessage =
  | { readonly type: "show"; readonly uri: string; readonly model: PanelModel }
  | { readonly type: "nothing"; readonly uri: string; readonly reason: string };

/** What the page tells the extension. */
export type PageMessage = { readonly type: "ready" };

/** What the page keeps over a reload of the window. */
export interface PageState {
  readonly uri: string;
}

/** Whether a message that came from a page is one; anything can come. */
export function isPageMessage(message: unknown): message is PageMessage {
  return isRecord(message) && message["type"] === "ready";
}

/** Whether a restored state is one; it may be of another version, or damaged. */
export function isPageState(state: unknown): state is PageState {
  return isRecord(state) && typeof state["uri"] === "string";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
