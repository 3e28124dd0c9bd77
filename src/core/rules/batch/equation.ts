import { t } from "../../language.ts";
import type { Rule } from "../rule.ts";
import { answersApart } from "./answers.ts";
import { globalApart, globalTooSmall } from "./global.ts";
import { miniBatchesApart } from "./miniBatches.ts";
import { totalApart, totalBesideAccumulation } from "./total.ts";

/**
 * Batch sizes that do not go together: frameworks check that one is a multiple of others, and stop. Where the number of GPUs is
 * not known, only what holds for every number of them is said.
 */
export const batchEquation: Rule = {
  id: "batch/equation",
  title: t`Batch sizes that do not go together`,
  severity: "error",
  *check(subject) {
    yield* globalApart(subject);
    yield* globalTooSmall(subject);
    yield* totalApart(subject);
    yield* totalBesideAccumulation(subject);
    yield* miniBatchesApart(subject);
    yield* answersApart(subject);
  },
};
