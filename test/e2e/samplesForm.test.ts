import assert from "node:assert/strict";
import { type BarePage, openBarePage } from "./barePage.ts";
import { drawn, modelOf, show, uncounted } from "./plotted.ts";

describe("the form for the training samples", () => {
  const uri = "file:///uncounted.yaml";
  let bare: BarePage;

  before(async () => {
    bare = await openBarePage();
  });

  after(() => bare.close());

  const field = () => bare.page.getByRole("textbox", { name: "Training samples" });
  const asked = async () => (await bare.told()).filter(({ type }) => type === "samples");

  it("says what is missing, what the number does, and where it is kept", async () => {
    await show(bare, modelOf(uncounted), uri);
    const words = await field().evaluate((input) =>
      (input.getAttribute("aria-describedby") ?? "")
        .split(" ")
        .map((id) => document.getElementById(id)?.textContent)
        .join(""),
    );
    assert.equal(
      words,
      "How many the run has in one epoch is unknown: the number of samples is not in the config. " +
        "With it the axis counts updates. It is kept for this file, which stays as it is.",
    );
  });

  it("does not take what is no number, says so, and stays where it is", async () => {
    for (const wrong of ["many", "0", ""]) {
      await field().fill(wrong);
      await bare.page.getByRole("button", { name: "Set", exact: true }).click();
      await bare.page.getByRole("alert").filter({ hasText: "A whole number of samples" }).waitFor();
      assert.equal(await field().getAttribute("aria-invalid"), "true");
      assert.ok(await field().evaluate((input) => input === document.activeElement));
    }
    assert.deepEqual(await asked(), []);
  });

  it("keeps what is being typed while the file changes", async () => {
    await field().fill("520");
    await show(bare, modelOf(uncounted.replace("2e-5", "3e-5")), uri);
    await bare.page.getByText("peak 3e-5").first().waitFor();
    assert.equal(await field().inputValue(), "520");
  });

  it("forgets what was typed for another file", async () => {
    await show(bare, modelOf(uncounted));
    assert.equal(await field().inputValue(), "");
    await show(bare, modelOf(uncounted), uri);
  });

  it("tells the extension the number, and the keyboard goes on to what takes it back", async () => {
    await field().fill("52,002");
    await field().press("Enter");
    assert.deepEqual(await asked(), [{ type: "samples", samples: 52_002 }]);
    await show(bare, modelOf(uncounted, { samples: 52_002 }), uri);
    await bare.page.getByText("52,002 training samples in one epoch, as you said.").waitFor();
    const forget = bare.page.getByRole("button", { name: "Forget" });
    assert.ok(await forget.evaluate((button) => button === document.activeElement));
    await bare.page.keyboard.press("Enter");
    assert.deepEqual((await asked()).at(-1), { type: "samples", samples: null });
    await show(bare, modelOf(uncounted), uri);
    assert.ok(await field().evaluate((input) => input === document.activeElement));
  });

  it("is not there where nothing is to be asked or said", async () => {
    await show(bare, modelOf(`${uncounted}max_steps: 100\n`), uri);
    await drawn(bare.page);
    assert.equal(await field().isVisible(), false);
    assert.deepEqual(bare.complaints, []);
  });
});
