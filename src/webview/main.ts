import { type HostMessage, type PageMessage, type PageState, plotStateOf } from "../protocol.ts";
import { Page } from "./page.ts";
import { onThemeChange } from "./theme.ts";

interface VsCodeApi {
  readonly postMessage: (message: PageMessage) => void;
  readonly setState: (state: PageState) => void;
  /** What was last set, also before a reload of the window. */
  readonly getState: () => unknown;
}

declare function acquireVsCodeApi(): VsCodeApi;

const vscode = acquireVsCodeApi();

/** The file in the page. */
let shownUri = "";

const page = new Page(document.querySelector("main") ?? document.body, {
  onTry: (question, hypothesis) => vscode.postMessage({ type: "try", question, hypothesis }),
  onApply: () => vscode.postMessage({ type: "apply" }),
  onPlotState: (plot) => vscode.setState({ uri: shownUri, plot }),
  onSave: (name, kind, content) => vscode.postMessage({ type: "save", name, kind, content }),
});

window.addEventListener("message", ({ data }: MessageEvent<HostMessage>) => {
  switch (data.type) {
    case "show":
      showFile(data.uri);
      page.show(data.model, data.hypothesis, data.answers);
      break;
    case "details":
      page.showDetails(data.details);
      break;
    case "nothing":
      showFile(data.uri);
      page.showNothing(data.reason);
      break;
    case "reveal":
      page.reveal(data.section);
      break;
  }
});

/** Goes over to a file, with its plot as it was looked at last. */
function showFile(uri: string): void {
  if (uri === shownUri) return;
  const plot = plotStateOf(vscode.getState(), uri);
  shownUri = uri;
  vscode.setState({ uri, ...(plot && { plot }) });
  page.restorePlot(plot);
}

onThemeChange(() => page.redraw());
new ResizeObserver(() => page.resize()).observe(document.body);
vscode.postMessage({ type: "ready" });
