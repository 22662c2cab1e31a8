/** What holds of every reader: it never throws, and it gives the same for XML and JSON of one job. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ContentNode, TaskReading } from "../../src/callback/types.ts";
import { FAMILY_OF_TAG } from "../../src/results/families.ts";
import {
  hitsOf,
  readDocument,
  readFile,
  readMedia,
  readModeration,
  readPicture,
  readResult,
  readRun,
  readSegmentation,
  readSpeech,
  readTranslation,
} from "../../src/results/results.ts";
import { ENVELOPES, MODERATION_DETAIL, MODERATION_SIMPLE } from "../fixtures/envelopes.ts";
import { fields, holds } from "../fixtures/generated.ts";
import { type Fields, jobOf, TAGS } from "../fixtures/jobs.ts";
import { jobIn } from "./results.ts";

const READERS = {
  readDocument,
  readFile,
  readMedia,
  readModeration,
  readPicture,
  readSegmentation,
  readSpeech,
  readTranslation,
};

/** Every name that a reader looks for, so that made-up trees lead far into it. */
const NAMES = [
  ...new Set(TAGS.flatMap((tag) => namesIn(jobOf(tag)))),
  ..."Labels PornInfo UserInfo porn_info HitFlag hit_flag Result Suggestion Snapshot Section SnapshotTime".split(" "),
  ..."PageSegment Results OcrResults Location ListInfo ListResults FlashResult sentence_list word_list".split(" "),
  ..."PersonTags DetailPerSecond BBox ResultInfo ObjectInfo InspectResult VqaPlusResult DetailedResult".split(" "),
  ..."Items AITranslateResult #text __proto__ constructor".split(" "),
];

function namesIn(node: Fields): string[] {
  return Object.entries(node).flatMap(([name, value]) => {
    const nodes = (Array.isArray(value) ? value : [value]).filter((each) => typeof each !== "string");
    return [name, ...nodes.flatMap(namesIn)];
  });
}

const leaf = fc.oneof(
  fc.constantFrom("", "0", "1", "-1", "1e999", "0x1F", "50/1", "true", "NaN", "99999999999999999999", "[0:1,0:2] x"),
  fc.constantFrom("Success", "2022-06-27T15:23:11+0800", "${Number}", "😀"),
  fc.string(),
  fc.anything(),
);

/** A tree that no receiver gives: any value anywhere, under names that mean something. */
const { tree } = fc.letrec<{ tree: object; value: unknown }>((tie) => ({
  value: fc.oneof({ depthSize: "medium" }, leaf, tie("tree"), fc.array(tie("value"), { maxLength: 3 })),
  tree: fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { maxKeys: 8 }),
}));

/** The same where each reader looks first. */
const detail = fc.oneof(
  tree,
  fc.record({ State: leaf, Operation: tree, ResultInfo: tree }),
  tree.map((inner) => ({ ...jobOf("Transcode"), Operation: { MediaInfo: inner, MediaResult: { OutputFile: inner } } })),
  fc.constantFrom(null, [], [[]]),
);

describe("over any tree", () => {
  test.each(Object.entries(READERS))("%s does not throw", (_, read) => {
    holds(detail, (detail) => void read({ detail }), 200);
  });

  test("readResult does not throw, whatever tag and event say", () => {
    const text = fc.oneof(fc.constantFrom(...TAGS, "ReviewImage", "ReviewHtml", "__proto__", null), fc.string());
    holds(
      fc.tuple(text, text, detail),
      ([tag, event, detail]) => {
        const read = readResult({ tag, event, detail });
        if (read?.family === "moderation") hitsOf(read.result);
      },
      500,
    );
  });

  test("readRun does not throw", () => {
    const time = fc.constantFrom(null, "2026-03-01T01:00:00Z", "no time");
    const task = fc.record({ createdAt: time, startedAt: time, endedAt: time, detail });
    holds(
      fc.tuple(time, fc.array(task)),
      ([createdAt, tasks]) =>
        void readRun({ state: null, bucket: null, createdAt, tasks: tasks as unknown as TaskReading[] }),
      100,
    );
  });

  test("no number that comes out is none", () => {
    holds(
      detail,
      (detail) => {
        for (const read of Object.values(READERS))
          expect(numbersIn(read({ detail })).every(Number.isFinite)).toBe(true);
      },
      200,
    );
  });
});

const numbersIn = (value: unknown): number[] =>
  typeof value === "number"
    ? [value]
    : Object.values(value ?? {}).flatMap((each) => (each === value ? [] : numbersIn(each)));

describe("XML and JSON of one job", () => {
  test.each(TAGS)("give one result for %s", (tag) => {
    const results = ENVELOPES.map(({ print }) => readResult(jobIn(print(jobOf(tag)))));
    expect(results[0]?.family).toBe(FAMILY_OF_TAG[tag as keyof typeof FAMILY_OF_TAG]);
    for (const result of results) expect(result).toEqual(results[0]);
  });

  test("give one result whatever else is in it", () => {
    holds(
      fc.tuple(fc.constantFrom(...TAGS), fields),
      ([tag, more]) => {
        const job = jobOf(tag);
        const operation = mergedOf(job["Operation"] as Fields, more);
        const results = ENVELOPES.map(({ print }) => readResult(jobIn(print({ ...job, Operation: operation }))));
        for (const result of results) expect(result).toEqual(results[0]);
      },
      100,
    );
  });

  test("give one result for a moderation that CI was asked about, and for its callback", () => {
    const told = jobIn(MODERATION_DETAIL);
    const { CosHeaders: _, ...nodes } = told.detail;
    const asked = jobIn(ENVELOPES[0]?.print(nodes as Fields) ?? "");
    expect(readModeration({ event: "ReviewImage", detail: asked.detail })).toEqual(readModeration(told));
  });
});

/** Puts the second into each node of the first. */
function mergedOf(node: Fields, more: Fields): Fields {
  const merged = Object.entries(node).map(([name, value]) => [
    name,
    typeof value === "string" || Array.isArray(value) ? value : mergedOf(value, more),
  ]);
  return { ...more, ...(Object.fromEntries(merged) as Fields) };
}

describe("telling the family", () => {
  test("has one for each documented tag", () => {
    expect(Object.keys(FAMILY_OF_TAG).toSorted()).toEqual(TAGS.toSorted());
  });

  test.each([
    ["a tag that is not documented", { tag: "VocalScore", event: "TaskFinish" }],
    ["a tag in another case", { tag: "transcode", event: "TaskFinish" }],
    ["a name that every object has", { tag: "constructor", event: "TaskFinish" }],
    ["neither tag nor event", { tag: null, event: null }],
    ["no tag, and the event of a task", { tag: null, event: "TaskFinish" }],
  ])("has none for %s", (_, told) => {
    expect(readResult({ ...told, detail: jobIn(ENVELOPES[0]?.print(jobOf("Transcode")) ?? "").detail })).toBeNull();
  });

  test.each([
    ["a moderation event beside a tag that is not documented", { tag: "Other", event: "ReviewImage" }],
    ["a verdict beside a tag that is not documented", { tag: "Other", event: null }],
    ["an event that only begins like one", { tag: null, event: "Reviewer" }],
    ["a verdict in a task", { tag: null, event: "TaskFinish" }],
  ])("takes for no moderation %s", (_, told) => {
    expect(readResult({ ...told, detail: jobIn(MODERATION_DETAIL).detail })).toBeNull();
  });

  test("tells moderation by its event, and where there is none by its nodes", () => {
    const { detail } = jobIn(MODERATION_DETAIL);
    expect(readResult({ tag: null, event: "ReviewImage", detail })?.family).toBe("moderation");
    expect(readResult({ tag: null, event: null, detail })?.family).toBe("moderation");
    expect(readResult(jobIn(MODERATION_SIMPLE))?.family).toBe("moderation");
    expect(readResult({ tag: null, event: null, detail: { Anything: "x" } as ContentNode })).toBeNull();
  });

  test.each(TAGS)("gives no result of a %s whose bytes are no longer kept", (tag) => {
    expect(readResult({ tag, event: "TaskFinish", detail: null })).toBeNull();
  });
});
