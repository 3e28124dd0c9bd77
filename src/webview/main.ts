import "./language.ts";
import { hostMessage, type PageMessage, type PageState, type PlotState, plotStateOf, type Shown } from "../protocol.ts";
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

let shown: Shown = { uri: "", pinned: false, compared: [] };
let plot: PlotState | null = null;

const page = new Page(document.querySelector("main") ?? document.body, {
  onTry: (question, hypothesis) => vscode.postMessage({ type: "try", question, hypothesis }),
  onApply: () => vscode.postMessage({ type: "apply" }),
  onPin: (pinned) => vscode.postMessage({ type: "pin", pinned }),
  onSamples: (samples) => vscode.postMessage({ type: "samples", samples }),
  onCompare: () => vscode.postMessage({ type: "compare" }),
  onRemove: (uri) => vscode.postMessage({ type: "remove", uri }),
  onPlotState: (state) => {
    plot = state;
    keep();
  },
  onCopy: (text) => vscode.postMessage({ type: "copy", text }),
  onSave: (name, kind, content) => vscode.postMessage({ type: "save", name, kind, content }),
});

window.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
  const message = hostMessage(data);
  switch (message?.type) {
    case "show":
      take(message.shown);
      page.show(message.model, message.hypothesis, message.answers);
      break;
    case "details":
      page.showDetails(message.details);
      break;
    case "nothing":
      take(message.shown);
      page.showNothing(message.reason);
      break;
    case "reveal":
      page.reveal(message.section);
      break;
  }
});

/** Goes over to what the panel is about now, with the plot of another file as it was looked at last. */
function take(next: Shown): void {
  if (next.uri !== shown.uri) {
    plot = plotStateOf(vscode.getState(), next.uri);
    page.restorePlot(plot);
  }
  shown = next;
  page.setPinned(next.pinned);
  keep();
}

function keep(): void {
  vscode.setState({ ...shown, ...(plot && { plot }) });
}

onThemeChange(() => page.redraw());
new ResizeObserver(() => page.resize()).observe(document.body);
vscode.postMessage({ type: "ready" });
