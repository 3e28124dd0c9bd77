import assert from "node:assert/strict";
import type { Argument } from "../../../src/core/plan/plan.ts";
import { forever, piece } from "../../../src/core/schedule/course.ts";
import {
  courseAmong,
  type Scheduler,
  settingsFrom,
  settingsIn,
  stops,
  symbolsOf,
} from "../../../src/core/schedule/scheduler.ts";
import { answered } from "../analysis.ts";
import { run } from "./curves.ts";
import { requestOf } from "./golden.ts";

describe("the settings of a scheduler", () => {
  const values = { power: 2, mode: "cos", cycle: false, milestones: [3, 5], kwargs: { T_max: 8 }, off: null };

  it("are read as what they are asked for", () => {
    const settings = settingsFrom(values);
    assert.equal(settings.number("power"), 2);
    assert.equal(settings.text("mode"), "cos");
    assert.equal(settings.flag("cycle", true), false);
    assert.deepEqual(settings.numbers("milestones"), [3, 5]);
    assert.deepEqual(settings.list("milestones"), [3, 5]);
    assert.deepEqual(settings.mapping("kwargs"), { T_max: 8 });
    assert.deepEqual(settings.unreadable, []);
  });

  it("are their defaults where they are not set, or null", () => {
    const settings = settingsFrom(values);
    for (const name of ["gamma", "off", "toString"]) {
      assert.equal(settings.has(name), false);
      assert.equal(settings.number(name), undefined);
      assert.equal(settings.number(name, 0.1), 0.1);
      assert.equal(settings.text(name, "linear"), "linear");
      assert.equal(settings.flag(name, true), true);
      assert.equal(settings.numbers(name), undefined);
      assert.deepEqual(settings.list(name), []);
      assert.deepEqual(settings.mapping(name), {});
    }
    assert.deepEqual(settings.unreadable, []);
    assert.equal(settings.has("cycle"), true);
  });

  for (const [kind, name, read] of [
    ["number", "mode", (settings) => settings.number("mode", 3)],
    ["text", "power", (settings) => settings.text("power", "cos")],
    ["switch", "power", (settings) => settings.flag("power", true)],
    ["list", "kwargs", (settings) => settings.list("kwargs")],
    ["list of numbers", "kwargs", (settings) => settings.numbers("kwargs")],
    ["mapping", "milestones", (settings) => settings.mapping("milestones")],
    ["mapping", "mode", (settings) => settings.mapping("mode")],
  ] as readonly (readonly [string, string, (settings: ReturnType<typeof settingsFrom>) => unknown])[]) {
    it(`are remembered where they are no ${kind}: ${name}`, () => {
      const settings = settingsFrom(values);
      read(settings);
      assert.deepEqual(settings.unreadable, [name]);
    });
  }

  it("are no list of numbers where one of them is none", () => {
    const settings = settingsFrom({ milestones: [3, "5"] });
    assert.equal(settings.numbers("milestones"), undefined);
    assert.deepEqual(settings.unreadable, ["milestones"]);
  });

  it("are ignored where they ask for something and nobody asks for them", () => {
    const settings = settingsFrom({ ...values, zero: 0, min_lr: 1e-6 });
    settings.number("power");
    settings.has("mode");
    assert.deepEqual(settings.ignored(), ["milestones", "kwargs", "min_lr"]);
    assert.deepEqual(settingsIn({ off: null, no: false, zero: 0, yes: true, name: "", list: [] }), [
      "yes",
      "name",
      "list",
    ]);
  });

  for (const nothing of [null, "cosine", 3, [1]] as readonly Argument[]) {
    it(`are none in ${JSON.stringify(nothing)}`, () => {
      const settings = settingsFrom(nothing);
      assert.equal(settings.has("length"), false);
      assert.deepEqual(settings.ignored(), []);
    });
  }
});

describe("the course of one of several schedulers", () => {
  const halving: Scheduler = (request, settings) => ({
    symbols: { ...symbolsOf(request), gamma: settings.number("gamma", 0.5) },
    pieces: [piece("decay", forever, "P·gamma^k")],
  });
  const among = (schedulers: Readonly<Record<string, Scheduler>>, name: string, settings = {}) =>
    courseAmong(schedulers, requestOf(run(name, { settings })));

  it("is that of the one with its name, with the settings that it does not ask for", () => {
    const { symbols, ignored } = answered(among({ halving }, "halving", { gamma: 0.25, beta: 2 }));
    assert.equal(symbols["gamma"], 0.25);
    assert.deepEqual(ignored, ["beta"]);
  });

  for (const [title, name, schedulers, settings, reason] of [
    ["nobody knows it", "mine", { halving }, {}, 'the curve of the schedule "mine" is not known'],
    [
      "a setting cannot be read",
      "halving",
      { halving },
      { gamma: "half" },
      'the curve of "halving" cannot be told from its gamma',
    ],
    [
      "the last update has no rate",
      "short",
      { short: (request) => ({ symbols: symbolsOf(request), pieces: [piece("stable", 99, "P")] }) },
      {},
      'the curve of "short" cannot be told from its settings',
    ],
    [
      "the first update has no rate",
      "late",
      { late: (request) => ({ symbols: symbolsOf(request), pieces: [piece("decay", forever, "P/k")] }) },
      {},
      'the curve of "late" cannot be told from its settings',
    ],
  ] as readonly (readonly [string, string, Readonly<Record<string, Scheduler>>, object, string])[]) {
    it(`is not told where ${title}`, () => {
      assert.deepEqual(among(schedulers, name, settings), { value: null, reason });
    });
  }

  it("needs no rate after the last update", () => {
    const whole: Scheduler = (request) => ({ symbols: symbolsOf(request), pieces: [piece("stable", 100, "P")] });
    assert.ok(among({ whole }, "whole").value);
  });

  it("is what the framework refuses, with what is wrong", () => {
    const stopping: Scheduler = () => stops("value", ["mode"], "there is no such mode");
    assert.deepEqual(among({ stopping }, "stopping"), {
      value: null,
      reason: "there is no such mode",
      stop: { fault: "value", settings: ["mode"] },
    });
  });
});
