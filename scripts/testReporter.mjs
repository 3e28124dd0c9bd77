// Mocha's spec reporter that also leaves the totals where scripts/test.mjs reads them.
import { writeFileSync } from "node:fs";
import Mocha from "mocha";

class Reporter extends Mocha.reporters.Spec {
  /**
   * @param {Mocha.Runner} runner
   * @param {Mocha.MochaOptions} options
   */
  constructor(runner, options) {
    super(runner, options);
    runner.once("end", () => {
      const { passes = 0, failures = 0 } = runner.stats ?? {};
      writeFileSync(process.env["TEST_TOTALS"] ?? "", JSON.stringify({ passed: passes, failed: failures }));
    });
  }
}

// Mocha asks for its reporters as CommonJS does.
export { Reporter as "module.exports" };
