import { describe, expect, test } from "vitest";
import { hitsOf, readModeration } from "../../src/results/moderation.ts";
import { MODERATION_DETAIL, MODERATION_SIMPLE } from "../fixtures/envelopes.ts";
import { jobIn, moderationOf } from "./results.ts";

const HIT = { HitFlag: 1, Score: 98 };
const CLEAN = { HitFlag: 0, Score: 0 };

const scene = (name: string, changes: object) => ({
  name,
  verdict: "pass",
  label: null,
  subLabel: null,
  category: null,
  score: null,
  count: null,
  keywords: [],
  texts: [],
  objects: [],
  libraryHits: [],
  ...changes,
});

const part = (kind: string, changes: object) => ({
  kind,
  verdict: "pass",
  label: null,
  scenes: [],
  text: null,
  url: null,
  startSeconds: null,
  takenAt: null,
  durationSeconds: null,
  startCharacter: null,
  page: null,
  sheet: null,
  ...changes,
});

const read = (event: string, detail: object) => readModeration(moderationOf(event, detail));

describe("the verdict", () => {
  test.each([
    [0, "pass"],
    [1, "block"],
    [2, "review"],
  ])("of result %i is %s, whatever the content", (result, verdict) => {
    expect(read("ReviewImage", { Result: result })?.verdict).toBe(verdict);
    expect(read("ReviewDocument", { Suggestion: result })?.verdict).toBe(verdict);
    expect(
      readModeration(jobIn(JSON.stringify({ code: 0, data: { event: "ReviewText", trace_id: "t1", result } })))
        ?.verdict,
    ).toBe(verdict);
  });

  test.each([
    ["block", [CLEAN, { HitFlag: 2 }, HIT]],
    ["review", [CLEAN, { HitFlag: 2 }]],
    ["pass", [CLEAN, CLEAN]],
  ])("is %s, the worst of the scenes, where CI suggests none", (verdict, [PornInfo, AdsInfo, IllegalInfo]) => {
    expect(read("ReviewAudio", { PornInfo, AdsInfo, IllegalInfo })?.verdict).toBe(verdict);
  });

  test.each([
    ["a job that failed", { State: "Failed", Code: "NoSuchKey" }],
    ["a job that goes on", { State: "Auditing" }],
    ["a result that is not known", { Result: 7 }],
    ["scenes that say nothing", { PornInfo: "", AdsInfo: {} }],
  ])("is missing, and with it the result, of %s", (_, detail) => {
    expect(read("ReviewImage", detail)).toBeNull();
  });
});

test("scenes are kept where neither they nor the whole have a verdict that is known", () => {
  const result = read("ReviewImage", { Result: 7, Label: "Odd", PornInfo: { HitFlag: 7, Score: 5 } });
  expect(result).toMatchObject({ verdict: null, label: "Odd", scenes: [scene("Porn", { verdict: null, score: 5 })] });
});

describe("both forms", () => {
  test("give the scenes of a picture", () => {
    expect(readModeration(jobIn(MODERATION_DETAIL))).toEqual({
      content: "picture",
      verdict: "pass",
      label: "Normal",
      subLabel: null,
      category: null,
      score: 12,
      scenes: [scene("Porn", { score: 0 })],
      parts: [],
      text: null,
      partCount: null,
      freeze: null,
      lists: [],
    });
    expect(readModeration(jobIn(MODERATION_SIMPLE))).toEqual({
      content: "picture",
      verdict: "pass",
      label: null,
      subLabel: null,
      category: null,
      score: null,
      scenes: [scene("Porn", { score: 9 })],
      parts: [],
      text: null,
      partCount: null,
      freeze: "none",
      lists: [],
    });
  });
});

describe("a scene", () => {
  const scenesOf = (scenes: object) => read("ReviewImage", { Result: 1, ...scenes })?.scenes;

  test("says what was hit, and where in the picture", () => {
    const info = {
      ...HIT,
      Label: "sign",
      Category: "QRCode",
      SubLabel: "Code",
      OcrResults: [
        { Text: "buy now", Keywords: ["buy"], Location: { X: 1.5, Y: 2, Width: 30, Height: 40, Rotate: 90 } },
      ],
      ObjectResults: [{ Name: "A", Location: "" }],
      LibResults: [{ ImageId: "i1", Score: 90 }],
    };
    expect(scenesOf({ AdsInfo: info })).toEqual([
      scene("Ads", {
        verdict: "block",
        label: "sign",
        category: "QRCode",
        subLabel: "Code",
        score: 98,
        texts: [
          {
            text: "buy now",
            keywords: ["buy"],
            box: { xPixels: 1.5, yPixels: 2, widthPixels: 30, heightPixels: 40, rotationDegrees: 90 },
          },
        ],
        objects: [{ name: "A", box: null }],
        libraryHits: [{ library: null, imageId: "i1", score: 90, keywords: [] }],
      }),
    ]);
  });

  test.each([
    ["one text with commas", "spam,ham", ["spam", "ham"]],
    ["a list", ["spam, eggs", "ham"], ["spam, eggs", "ham"]],
    ["an empty text", "", []],
  ])("has its keywords from %s", (_, Keywords, keywords) => {
    expect(scenesOf({ AbuseInfo: { ...HIT, Keywords } })?.[0]?.keywords).toEqual(keywords);
  });

  test("is told by its flag, so that other nodes of such a name are none", () => {
    const others = { UserInfo: { TokenId: "t" }, ListInfo: { ListResults: [] }, Info: HIT };
    expect(scenesOf({ ...others, QrcodeInfo: CLEAN })?.map(({ name }) => name)).toEqual(["Qrcode"]);
  });

  test("is named alike in both forms", () => {
    const data = { event: "ReviewText", trace_id: "t1", result: 2, ads_info: { hit_flag: 2, label: "", count: 3 } };
    expect(readModeration(jobIn(JSON.stringify({ code: 0, data })))?.scenes).toEqual([
      scene("Ads", { verdict: "review", count: 3 }),
    ]);
  });
});

describe("the parts", () => {
  test("of a video are frames and sounds, with their times in seconds", () => {
    const result = read("ReviewVideo", {
      Result: 1,
      SnapshotCount: "2",
      Snapshot: [
        { Url: "https://example.com/0.jpg", SnapshotTime: 41, Label: "Normal", Result: 0 },
        { Text: "buy", SnapshotTime: 5000, Label: "Ads", Result: 1, AdsInfo: HIT },
      ],
      AudioSection: [{ Text: "hello", OffsetTime: 30_000, Duration: 15_500, Label: "Abuse", Result: 2 }],
    });
    expect(result?.parts).toEqual([
      part("frame", { url: "https://example.com/0.jpg", startSeconds: 0.041, label: "Normal" }),
      part("frame", {
        text: "buy",
        startSeconds: 5,
        label: "Ads",
        verdict: "block",
        scenes: [scene("Ads", { verdict: "block", score: 98 })],
      }),
      part("sound", { text: "hello", startSeconds: 30, durationSeconds: 15.5, label: "Abuse", verdict: "review" }),
    ]);
    expect(result?.partCount).toBe(2);
    expect(result === null ? [] : hitsOf(result)).toEqual(result?.parts.slice(1));
  });

  test.each([
    ["seconds", 1_772_326_800],
    ["milliseconds", 1_772_326_800_000],
  ])("of a live stream were taken at a time, in %s since 1970", (_, SnapshotTime) => {
    const [frame] = read("ReviewVideo", { Result: 0, Snapshot: { SnapshotTime, Result: 0 } })?.parts ?? [];
    expect(frame).toEqual(part("frame", { takenAt: "2026-03-01T01:00:00.000Z" }));
  });

  test("have no time where it is one that no calendar has", () => {
    const [frame] = read("ReviewVideo", { Result: 0, Snapshot: { SnapshotTime: 9e15, Result: 0 } })?.parts ?? [];
    expect(frame).toEqual(part("frame", {}));
  });

  test("of audio are sounds; without a verdict of their own they have that of their worst scene", () => {
    const section = { OffsetTime: 0, Duration: 30_000, PornInfo: CLEAN, AdsInfo: { HitFlag: 2, Score: 60 } };
    const result = read("ReviewAudio", { Result: 2, AudioText: "hello ", Section: section, ForbidState: 2 });
    expect(result).toMatchObject({ content: "audio", text: "hello ", freeze: "moved" });
    expect(result?.parts).toMatchObject([{ kind: "sound", verdict: "review", startSeconds: 0, durationSeconds: 30 }]);
  });

  test("of a text are pieces, which start at a character", () => {
    const result = read("ReviewText", {
      Result: 1,
      SectionCount: 2,
      Section: [
        { StartByte: 0, Result: 0 },
        { StartByte: 10_000, Result: 1, Label: "Abuse" },
      ],
    });
    expect(result?.parts).toEqual([
      part("text", { startCharacter: 0 }),
      part("text", { startCharacter: 10_000, verdict: "block", label: "Abuse" }),
    ]);
  });

  test("of a document are pages", () => {
    const results = [{ Url: "https://example.com/1.jpg", PageNumber: 1, SheetNumber: 2, Suggestion: 1, PornInfo: HIT }];
    const result = read("ReviewDocument", {
      Suggestion: 1,
      PageCount: 1,
      Labels: { PornInfo: HIT },
      PageSegment: { Results: results },
    });
    expect(result?.scenes).toEqual([scene("Porn", { verdict: "block", score: 98 })]);
    expect(result?.parts).toMatchObject([{ kind: "page", verdict: "block", page: 1, sheet: 2 }]);
  });

  test("of a web page are pictures and texts", () => {
    const result = read("ReviewHtml", {
      Suggestion: 2,
      Labels: { AdsInfo: CLEAN },
      ImageResults: { Results: [{ Url: "https://example.com/a.png", Suggestion: 0 }] },
      TextResults: { Results: { Text: "buy", Suggestion: 2 } },
    });
    expect(result?.content).toBe("web-page");
    expect(result?.parts).toEqual([
      part("picture", { url: "https://example.com/a.png" }),
      part("text", { text: "buy", verdict: "review" }),
    ]);
  });

  test.each([
    ["video", { AudioSection: { OffsetTime: 0 } }],
    ["audio", { Section: { OffsetTime: 0 } }],
    ["text", { Section: { StartByte: 0 } }],
    ["document", { PageSegment: { Results: { PageNumber: 1 } } }],
    ["web-page", { TextResults: { Results: { Text: "a" } } }],
    [null, {}],
  ])("tell that the content is %s, where no event does", (content, parts) => {
    const { detail } = moderationOf("", { Result: 0, ...parts });
    expect(readModeration({ event: null, detail })?.content).toBe(content);
  });
});

test("lists that the content matched say which way", () => {
  const results = [
    { ListType: 0, ListName: "friends", Entity: "a" },
    { ListType: 1, ListName: "spammers" },
    { ListType: 5 },
  ];
  expect(read("ReviewText", { Result: 0, ListInfo: { ListResults: results } })?.lists).toEqual([
    { list: "allow", name: "friends", entity: "a" },
    { list: "block", name: "spammers", entity: null },
    { list: null, name: null, entity: null },
  ]);
});
