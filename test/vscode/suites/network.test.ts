import { assert } from "chai";
import { takeAttempts } from "../network.ts";

describe("the network in VS Code", () => {
  // Every test of every suite fails that leaves an attempt behind.
  it("is watched: an attempt does not go unnoticed", async () => {
    await fetch("http://127.0.0.1:9/").catch(() => undefined);
    const [first] = takeAttempts();
    assert.equal(first, "fetch http://127.0.0.1:9/");
  });
});
