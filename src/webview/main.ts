import type { HostMessage, PageMessage, PageState } from "../protocol.ts";
import { Page } from "./page.ts";
import { onThemeChange } from "./theme.ts";

interface VsCodeApi {
  readonly postMessage: (message: PageMessage) => void;
  readonly setState: (state: PageState) => void;
}

declare function acquireVsCodeApi(): VsCodeApi;

const vscode = acquireVsCodeApi();
const page = new Page(document.querySelector("main") ?? document.body, {
  onTry: (question, hypothesis) => vscode.postMessage({ type: "try", question, hypothesis }),
  onApply: () => vscode.postMessage({ type: "apply" }),
});

window.addEventListener("message", ({ data }: MessageEvent<HostMessage>) => {
  switch (data.type) {
    case "show":
      vscode.setState({ uri: data.uri });
      page.show(data.model, data.hypothesis, data.answers);
      break;
    case "details":
      page.showDetails(data.details);
      break;
    case "nothing":
      vscode.setState({ uri: data.uri });
      page.showNothing(data.reason);
      break;
    case "reveal":
      page.reveal(data.section);
      break;
  }
});

onThemeChange(() => page.redraw());
new ResizeObserver(() => page.resize()).observe(document.body);
vscode.postMessage({ type: "ready" });
