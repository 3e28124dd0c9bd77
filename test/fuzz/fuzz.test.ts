import assert from "node:assert/strict";
import fc from "fast-check";
import type { Analysis } from "../../src/core/analyze.ts";
import { type ConfigText, configTexts, textsIn } from "./configTexts.ts";
import { analysisOfAny, changeEverything, fitOnSmallGpu, showEverything } from "./surfaces.ts";

/** `npm run test:fuzz` looks for so long with each property; the normal run does the same few each time. */
const secondsEach = Number(process.env["FUZZ_SECONDS"] ?? 0);
const seed = Number(process.env["FUZZ_SEED"] ?? 1);
const corpus = process.env["FUZZ_CORPUS"];

const texts = configTexts(textsIn(["examples", "test/fixtures", ...(corpus ? [corpus] : [])]));

/** Of the processor, however busy it is. No text of a few kilobytes takes as long. */
const mostSeconds = 5;

describe(`any text (seed ${seed})`, () => {
  const prototype = Reflect.ownKeys(Object.prototype).length;
  let tried = 0;
  let recognised = 0;

  after(() => process.stdout.write(`    ${tried} texts, ${recognised} of them training configs\n`));

  it("is read, and all that is shown of it stands where it says", () =>
    holds(400, (analysis, places) => showEverything(analysis, places)));

  it("is changed by edits that do what they say and leave it readable", () =>
    holds(400, (analysis) => changeEverything(analysis)));

  it("is made to fit, or not, by edits that leave it readable", () => holds(20, (analysis) => fitOnSmallGpu(analysis)));

  it("leaves no trace in what all objects share", () => {
    assert.equal(Reflect.ownKeys(Object.prototype).length, prototype);
  });

  function holds(numRuns: number, look: (analysis: Analysis, places: readonly number[]) => void): void {
    const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 3, maxLength: 8 });
    const property = fc.property(texts, places, (config: ConfigText, shares) => {
      tried++;
      const started = process.cpuUsage();
      const analysis = analysisOfAny(config);
      if (analysis) {
        recognised++;
        look(analysis, shares);
      }
      const { user, system } = process.cpuUsage(started);
      const seconds = (user + system) / 1e6;
      assert.ok(seconds < mostSeconds, `${config.text.length} characters took ${seconds} seconds`);
    });
    const limit = { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: 1000 * secondsEach };
    fc.assert(property, { seed, ...(secondsEach > 0 ? limit : { numRuns }) });
  }
}).timeout(0);
