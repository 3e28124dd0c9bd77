import { refuseNetwork } from "./network.ts";

/** The suites that run in every extension host. */
export function everywhere(): void {
  refuseNetwork();
  require("./suites/network.test.ts");
  require("./suites/smoke.test.ts");
  require("./suites/hover.test.ts");
  require("./suites/inlayHints.test.ts");
  require("./suites/diagnostics.test.ts");
  require("./suites/codeActions.test.ts");
  require("./suites/rules.test.ts");
  require("./suites/checkAll.test.ts");
  require("./suites/completion.test.ts");
  require("./suites/linkedFiles.test.ts");
  require("./suites/samples.test.ts");
  require("./suites/models.test.ts");
  require("./suites/gpus.test.ts");
  require("./suites/makeItFit.test.ts");
  require("./suites/discriminativeRates.test.ts");
  require("./suites/versions.test.ts");
  require("./suites/panel.test.ts");
  require("./suites/silence.test.ts");
  require("./suites/openSample.test.ts");
}
