/** The generator of callbacks, held against the receiver's own reader. */
import { expect, test } from "vitest";
import { parseCallback } from "../../src/callback/callback.ts";
import { jobRank } from "../../src/callback/state.ts";
import type { JobReading } from "../../src/callback/types.ts";
import {
  type Callback,
  canBeEarly,
  FORMATS,
  generateCallback,
  type Kind,
  kindsOf,
  SHAPE_NAMES,
} from "../../tools/callbacks/callback.ts";
import { TAGS } from "../../tools/callbacks/job-types.ts";
import { planDeliveries, type PlanOptions } from "../../tools/callbacks/plan.ts";
import { Random } from "../../tools/callbacks/random.ts";
import { writeSegmentation } from "../../tools/callbacks/sentences.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const ALL_KINDS = kindsOf(TAGS, FORMATS, SHAPE_NAMES);
const SEGMENTATION: Kind = { shape: "response", format: "xml", tag: "WordsGeneralize" };

/** What the receiver reads from a callback, as a look-up shows it. */
function jobsRead({ body }: Callback) {
  const reading = parseCallback(body);
  if (!reading.ok) throw new Error(reading.error.reason);
  return reading.value.jobs.map(({ jobId, tag, state, userData, workflow, detail }: JobReading) => {
    return { jobId, tag, state, userData, runId: workflow?.runId ?? null, detail: structuredClone({ ...detail }) };
  });
}

test("there are 28 job types, and each comes in every envelope that holds one", () => {
  expect(TAGS).toHaveLength(28);
  expect(ALL_KINDS).toHaveLength(28 * 10 + 5);
});

const ENVELOPES = Map.groupBy(ALL_KINDS, ({ shape, format }) => `${shape}, ${format}`);

test.each([...ENVELOPES])("%s: every job type is read as it was described, ended, failed or under way", (_, kinds) => {
  for (const [index, kind] of kinds.entries()) {
    const request = { seed: "every kind", index, kind, now: NOW };
    const callbacks = [generateCallback(request), generateCallback({ ...request, failed: true })];
    if (canBeEarly(kind)) callbacks.push(generateCallback({ ...request, early: true }));
    for (const callback of callbacks)
      expect({ kind, jobs: jobsRead(callback) }).toEqual({ kind, jobs: callback.expected });
  }
});

const bodiesOf = (seed: string) =>
  ALL_KINDS.map((kind, index) => generateCallback({ seed, index, kind, now: NOW }).body);

test("one seed gives the same bytes again, and another seed others", () => {
  const bodies = new Set(bodiesOf("a"));
  expect(bodiesOf("a").filter((body) => !bodies.has(body))).toEqual([]);
  expect(bodiesOf("b").filter((body) => bodies.has(body))).toEqual([]);
});

test("the bytes of a seed stay the same from release to release", () => {
  const body = generateCallback({ seed: "1", index: 3, kind: SEGMENTATION, now: NOW, tokens: 2 }).body;
  expect(body).toMatchInlineSnapshot(
    `"<Response><EventName>TaskFinish</EventName><JobsDetail><Code>Success</Code><CreationTime>2026-01-01T07:28:35+0800</CreationTime><EndTime>2026-01-01T07:30:01+0800</EndTime><Input><BucketId>examplebucket-1250000000</BucketId><Object>input/R&amp;D/报告.txt</Object><Region>ap-singapore</Region></Input><JobId>a7d05546aea7911edb0c2281568940ca7</JobId><Message>success</Message><Operation><WordsGeneralize><NerMethod>DL</NerMethod><SegMethod>MIX</SegMethod></WordsGeneralize><WordsGeneralizeResult><WordsGeneralizeLable><Category>地点</Category><Word>北京</Word></WordsGeneralizeLable><WordsGeneralizeToken><Length>1</Length><Offset>0</Offset><Pos>p</Pos><Word>从</Word></WordsGeneralizeToken><WordsGeneralizeToken><Length>2</Length><Offset>1</Offset><Pos>ns</Pos><Word>北京</Word></WordsGeneralizeToken></WordsGeneralizeResult><JobLevel>0</JobLevel></Operation><Tag>WordsGeneralize</Tag></JobsDetail></Response>"`,
  );
});

test("a job has one JobId whatever its state: 33 characters, unlike any other", () => {
  const kinds = ALL_KINDS.filter(({ tag }) => tag !== null);
  const idsOf = (early: boolean) =>
    kinds.flatMap((kind, index) => generateCallback({ seed: "ids", index, kind, now: NOW, early }).jobIds);
  const ids = idsOf(false);
  expect(idsOf(true)).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !/^[acdfjs][0-9a-f]{32}$/.test(id))).toEqual([]);
});

test("the offset and length of each token point at its word, in characters", () => {
  for (let seed = 0; seed < 50; seed += 1) {
    const { text, tokens } = writeSegmentation(new Random("segmentation", seed), 60);
    const characters = Array.from(text);
    expect(tokens).toHaveLength(60);
    for (const { word, offset, length } of tokens)
      expect(characters.slice(offset, offset + length).join("")).toBe(word);
  }
});

const PLAN: PlanOptions = {
  seed: "plan",
  now: NOW,
  kinds: ALL_KINDS,
  count: 800,
  tokens: 10,
  duplicates: 10,
  outOfOrder: 20,
  failed: 15,
  malformed: 10,
  workflow: 25,
};

function outcomeOf({ body }: Callback): string {
  const reading = parseCallback(body);
  if (!reading.ok) return reading.error.kind === "malformed" ? "malformed-body" : "unsupported-media-type";
  return reading.value.jobs.length === 0 ? "no-job" : "stored";
}

test("a plan has what was asked for, and its deliveries are what they are said to be", () => {
  const deliveries = [...planDeliveries(PLAN)];
  const roles = Map.groupBy(deliveries, ({ role }) => role);
  expect(roles.get("final")).toHaveLength(800);
  const bodies = new Set(roles.get("final")?.map(({ callback }) => callback.body));
  expect(roles.get("duplicate")?.every(({ callback }) => bodies.has(callback.body))).toBe(true);
  const outcomes = deliveries.map(({ callback }) => ({ outcome: outcomeOf(callback), body: callback.body }));
  expect(outcomes).toEqual(deliveries.map(({ callback: { outcome, body } }) => ({ outcome, body })));
  const shares = [...roles].map(([role, { length }]) => [role, length > 0] as const);
  expect(Object.fromEntries(shares)).toEqual({
    final: true,
    "late notice": true,
    duplicate: true,
    "workflow end": true,
  });
});

test("the last word on a job is its final callback, in whatever order they come", () => {
  const said = new Map<string, { rank: string; role: string }[]>();
  for (const { callback, role } of planDeliveries(PLAN)) {
    const reading = parseCallback(callback.body);
    for (const job of reading.ok ? reading.value.jobs : []) {
      said.set(job.jobId, [...(said.get(job.jobId) ?? []), { rank: jobRank(job, ""), role }]);
    }
  }
  for (const readings of said.values()) {
    const first = readings.toSorted((a, b) => (a.rank < b.rank ? 1 : -1))[0];
    expect(["final", "duplicate"]).toContain(first?.role);
  }
});

test("as many callbacks are lost as were asked for, the others are what they would be, and late ones go with theirs", () => {
  const all = [...planDeliveries(PLAN)];
  const some = [...planDeliveries({ ...PLAN, lost: 15 })];
  expect(some.map(({ callback }) => callback)).toEqual(all.map(({ callback }) => callback));
  const lost = some.filter(({ isLost }) => isLost);
  expect(lost.filter(({ role }) => role === "final")).toHaveLength(Math.round(PLAN.count * 0.15));
  const lostRequests = new Set(lost.map(({ request }) => request?.index));
  expect(some.filter(({ isLost, request }) => isLost !== lostRequests.has(request?.index))).toEqual([]);
  expect(all.filter(({ isLost }) => isLost)).toEqual([]);
});
