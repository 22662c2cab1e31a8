import { expect, test } from "vitest";
import { dollarsOfNextMillion, figuresOf, type Load } from "../../tools/scaling.ts";

const LOAD: Load = { callbacks: 1_000_000, bytes: 3_000, rows: 5, lookups: 3, days: 90, cpu: 1, peak: 20 };

test("rows written are the first limit of the free plan", () => {
  const { freePlanDays } = figuresOf(LOAD);
  expect(Math.floor(freePlanDays.rowsWritten)).toBe(20_000);
  expect(freePlanDays.requests).toBe(25_000);
});

test("the free plan fits a load, or does not", () => {
  expect(figuresOf({ ...LOAD, callbacks: 300_000 }).fitsFreePlan).toBe(true);
  expect(figuresOf({ ...LOAD, callbacks: 700_000 }).fitsFreePlan).toBe(false);
});

test("what is included in the plan costs the plan and no more", () => {
  expect(figuresOf({ ...LOAD, callbacks: 300_000 }).dollars).toEqual({ direct: 5, queue: 5, kv: 5 });
});

test("a million callbacks more, rows alone, cost five dollars", () => {
  const at = (callbacks: number) =>
    figuresOf({ ...LOAD, callbacks, bytes: 0, days: 0, lookups: 0, cpu: 0 }).dollars.direct;
  expect(at(101_000_000) - at(100_000_000)).toBeCloseTo(5 + 0.3);
});

test("the next million costs what it adds to the bill, even where the load so far is within the plan", () => {
  expect(figuresOf(LOAD).dollars.direct).toBe(5);
  expect(dollarsOfNextMillion(LOAD)).toBeCloseTo(3);
});

test("with STORE=kv look-ups cost lists of KV, and callbacks cost writes", () => {
  const kvOf = (load: Partial<Load>) => figuresOf({ ...LOAD, callbacks: 10_000_000, cpu: 0, ...load }).dollars.kv;
  expect(kvOf({ lookups: 0 })).toBeCloseTo(5 + 29 * 5);
  expect(kvOf({ lookups: 2 })).toBeCloseTo(5 + 20 * 0.3 + 29 * 5 + 19 * 5 + 40 * 0.5);
  expect(figuresOf({ ...LOAD, lookups: 10 }).freePlanDays.kv).toBe(100);
});
