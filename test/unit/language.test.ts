import assert from "node:assert/strict";
import { speak, t } from "../../src/core/language.ts";

describe("a text for the reader", () => {
  afterEach(() => speak({}));

  const files = (count: number, all: string) => t`${count} of ${all} files`;

  it("is in English where no other language is spoken", () => {
    assert.equal(files(2, "1,000"), "2 of 1,000 files");
    assert.equal(t`no "\\d{2}" in it`, 'no "\\d{2}" in it');
  });

  it("is in the language that is spoken, with the values where that has them", () => {
    speak({ "{0} of {1} files": "{1} 个文件中的 {0} 个" });
    assert.equal(files(2, "{0}"), "{0} 个文件中的 2 个");
    assert.equal(t`no files`, "no files");
  });
});
