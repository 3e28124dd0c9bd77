import assert from "node:assert/strict";
import { sarifLog } from "../../../src/core/report/sarif.ts";
import type { Finding } from "../../../src/core/rules/rule.ts";

const place = { line: 0, character: 0 };
const finding: Finding = {
  rule: "lr/too-high",
  severity: "warning",
  message: "too high",
  range: { start: place, end: place },
  related: [],
  fixes: [],
};

function addressOf(path: string) {
  const log = sarifLog([{ path, findings: [finding] }], { version: "1.0.0", homepage: "https://example.com" });
  return log.runs[0]?.results?.[0]?.locations?.[0]?.physicalLocation?.artifactLocation;
}

describe("SARIF logs", () => {
  it("name files below the root relative to it, and others by an address that stands alone", () => {
    assert.deepEqual(addressOf("runs/a b.yaml"), { uri: "runs/a%20b.yaml", uriBaseId: "ROOT" });
    assert.deepEqual(addressOf("/data/a#1.yaml"), { uri: "file:///data/a%231.yaml" });
    assert.deepEqual(addressOf("D:/runs/a.yaml"), { uri: "file:///D%3A/runs/a.yaml" });
    assert.deepEqual(addressOf("//server/share/a.yaml"), { uri: "file://server/share/a.yaml" });
  });
});
