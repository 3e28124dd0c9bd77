import assert from "node:assert/strict";
import { plainLabel } from "../../../src/features/labels.ts";

describe("a label", () => {
  it("makes no icon and no link of what a file or a setting says", () => {
    assert.equal(plainLabel("$(alert) fits"), "\\$(alert) fits");
    assert.equal(plainLabel("$(sync~spin)"), "\\$(sync~spin)");
    assert.equal(plainLabel("[fix](command:workbench.action.quit)"), "[fix] (command:workbench.action.quit)");
  });

  it("stays as it is otherwise", () => {
    for (const text of ["46.1 of 79.2 GiB on A100 80GB · fits", "${oc.env:HOME}", "f(x) [1]", "$ (x)"]) {
      assert.equal(plainLabel(text), text);
    }
  });
});
