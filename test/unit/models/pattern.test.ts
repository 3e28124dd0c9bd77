import assert from "node:assert/strict";
import fc from "fast-check";
import { textsMatching } from "../../../src/core/models/pattern.ts";
import { answered } from "../analysis.ts";

const matches = (pattern: string, text: string) => answered(textsMatching(pattern, [text])).has(text);

describe("a pattern, as Python's re.fullmatch reads it", () => {
  for (const [pattern, text, expected] of [
    ["q_proj", "q_proj", true],
    ["q_proj", "self_attn.q_proj", false],
    [".*q_proj", "model.layers.0.self_attn.q_proj", true],
    ["a|bc", "bc", true],
    ["a|bc", "abc", false],
    ["(ab)+", "ababab", true],
    ["(ab)+", "", false],
    ["a{2,3}", "aaa", true],
    ["a{2,3}", "aaaa", false],
    ["a{2}", "aa", true],
    ["a{2,}", "aaaaa", true],
    ["[^.]+\\.[a-c]", "layer.b", true],
    ["[^.]+\\.[a-c]", "la.yer.b", false],
    ["[]x]+", "]x]", true],
    ["\\d+\\w\\s?", "12a", true],
    ["(?P<layer>[0-9]+)\\.mlp", "31.mlp", true],
    ["(?:.*\\.)?lm_head", "lm_head", true],
    ["(?=.*attn).*proj", "attn.proj", true],
    ["(?=.*attn).*proj", "mlp.proj", false],
    ["(?!.*vision).*proj", "vision.proj", false],
    ["^.*proj$", "x.proj", true],
    [".*\\battn\\b.*", "self.attn.q", true],
    [".*?proj", "a.proj", true],
    ["x*", "", true],
    ["{a}", "{a}", true],
  ] as const) {
    it(`${pattern} ${expected ? "matches" : "does not match"} "${text}"`, () =>
      assert.equal(matches(pattern, text), expected));
  }

  for (const pattern of [
    "(",
    ")",
    "a)",
    "[a",
    "*a",
    "a\\",
    "(?<=a)b",
    "(a)\\1",
    "(?i)a",
    "[z-a]",
    "x".repeat(3000),
    "(".repeat(1000),
  ]) {
    it(`${pattern.slice(0, 20)} has a reason why it cannot be read`, () => {
      const answer = textsMatching(pattern, ["a"]);
      assert.ok("reason" in answer && answer.reason.includes("pattern"));
    });
  }

  for (const pattern of [
    "(a+)+b",
    "(a|a)*b",
    "(.*)*b",
    ".*.*.*.*.*.*.*.*.*.*b",
    "((a*)*)*b",
    "(a?){50}a{50}b",
    "((a{0,99}){0,99}){0,99}b",
  ]) {
    it(`${pattern} does not keep anyone waiting`, () => assert.equal(matches(pattern, "a".repeat(200)), false));
  }

  it("may be nested as deep as it is long", () => {
    assert.equal(matches(`${"(".repeat(499)}a${")".repeat(499)}`, "a"), true);
  });

  it("agrees with JavaScript's own on what both understand", () => {
    const atom = fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "\\.", "\\w", "(a|b)", "(?:ab)", "(?=a)", "(?!b)");
    const quantifier = fc.constantFrom("", "", "*", "+", "?", "{1,2}", "*?");
    const piece = fc
      .tuple(atom, quantifier)
      .filter(([text, times]) => !(text.startsWith("(?=") || text.startsWith("(?!")) || times === "");
    const patterns = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.map((parts) => parts.join("")).join(""));
    const texts = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 8 });
    fc.assert(
      fc.property(patterns, texts, (pattern, text) => {
        assert.equal(matches(pattern, text), new RegExp(`^(?:${pattern})$`).test(text));
      }),
      { numRuns: 1000 },
    );
  });
});
