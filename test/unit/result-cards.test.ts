/** The card of a job's result, a family at a time: what it says of a job, and that nothing of a callback is markup. */
import { describe, expect, test } from "vitest";
import type { JobReading } from "../../src/callback/types.ts";
import { resultCard, cardResult, headersCard, verdictOf } from "../../src/ui/views/results/card.ts";
import { clockSpan, clockText } from "../../src/ui/views/results/parts.ts";
import { textsOf, type View } from "../../src/ui/view.ts";
import type { Job } from "../../src/wire.ts";
import { type Fields, jobOf, TAGS } from "../fixtures/jobs.ts";
import { xmlCallback } from "../fixtures/envelopes.ts";
import { jobIn, jobWith, moderationOf } from "./results.ts";

const viewIn = (language: "en" | "zh"): View => ({
  language,
  texts: textsOf(language),
  origin: "https://receiver.example",
  here: "/",
  isSignedIn: true,
  now: 0,
  assets: { style: "", script: "", icon: "" },
  hasEvents: false,
  quarantined: null,
});

const markupOf = (html: unknown): string => String(html);

/** The card's markup, or null where there is none. */
function cardOf(reading: JobReading, language: "en" | "zh" = "en"): string | null {
  const view = viewIn(language);
  const read = cardResult(reading as unknown as Job);
  return read === null ? null : markupOf(resultCard(view, read));
}

/** What a reader sees of markup: its text, with one space for any white space. */
const seen = (markup: string | null): string =>
  (markup ?? "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();

const VIDEO_REVIEW = moderationOf("ReviewVideo", {
  Label: "Ads",
  Result: 1,
  ForbidState: "1",
  PornInfo: { HitFlag: 0, Count: 0 },
  AdsInfo: { HitFlag: 1, Count: 1 },
  Snapshot: [
    { SnapshotTime: 0, AdsInfo: { HitFlag: 0, Score: 0 } },
    { SnapshotTime: 62000, Text: "扫码", Url: "http://media.example/f.png", AdsInfo: { HitFlag: 1, Score: 96 } },
  ],
});

describe("the card of a moderation", () => {
  test("leads with the verdict and what it is about, the worst scene first", () => {
    expect(seen(cardOf(VIDEO_REVIEW))).toBe(
      "Result Verdict Block Label Ads Object Frozen Scenes Ads Block Hits 1 Porn Pass Hits 0 " +
        "2 parts checked, 1 did not pass What did not pass Block Frame 1:02 扫码 http://media.example/f.png " +
        "Ads Block 96 96",
    );
  });

  test("speaks Chinese, with the provider's own name beside", () => {
    expect(seen(cardOf(VIDEO_REVIEW, "zh"))).toContain("审核结论 违规 标签 广告 (Ads) 冻结状态 已冻结 审核场景");
  });

  test.each([
    [0, "good", "Pass"],
    [1, "bad", "Block"],
    [2, "busy", "Review"],
  ])("has for Result %i the tone %s, beside the state of the job as well", (Result, tone, says) => {
    const read = cardResult(moderationOf("ReviewText", { Result }) as unknown as Job);
    const badge = markupOf(verdictOf(viewIn("en"), read)).replace(/\s+/g, " ");
    expect([/data-tone="(\w+)"/.exec(badge)?.[1], seen(badge)]).toEqual([tone, says]);
  });

  test("shows scores as bars that say of what they are", () => {
    expect(cardOf(VIDEO_REVIEW)).toContain('<meter min="0" max="100" value="96" aria-label="Score: Ads">96</meter');
  });
});

test("a media file is told in one line, and its outputs are there to copy", () => {
  const card = cardOf(
    jobWith("Transcode", {
      MediaInfo: {
        Format: { Duration: "156.9", Size: "113875353" },
        Stream: { Video: { CodecName: "h264", Width: "1280", Height: "720", Fps: "25.000000" } },
      },
      MediaResult: { OutputFile: { Bucket: "b", Region: "r", ObjectPrefix: "out/", ObjectName: "a.mp4" } },
    }),
  );
  expect(seen(card)).toContain("Result 1280×720 · H.264 · 25 fps · 2:37 · 108.6 MiB");
  expect(card).toContain('<code id="output-0"><bdi>out/<wbr />a.mp4</bdi></code>');
  expect(card).toMatch(/data-copy="output-0"[^>]*hidden/);
});

test("tags of a video and its quality are bars", () => {
  const tags = jobWith("VideoTag", {
    VideoTagResult: { StreamData: { Data: { Tags: { Tag: "办公室", TagCls: "场景", Confidence: "0.545" } } } },
  });
  expect(seen(cardOf(tags))).toBe("Result Tags 办公室 场景 54.5 54.5");
  const quality = jobWith("QualityEstimate", { QualityEstimate: { Score: "8.75" } });
  expect(cardOf(quality)).toContain('value="87.5" aria-label="Quality"');
  const unsaid = jobWith("QualityEstimate", { QualityEstimate: { Score: "good" } });
  expect(seen(cardOf(unsaid))).toBe("Result Quality Score not given");
});

test("a recording is a transcript with times and speakers", () => {
  const detail = { FinalSentence: "锄禾日当午", StartMs: "3320", EndMs: "19712", SpeakerId: "0" };
  const job = jobWith("SpeechRecognition", { SpeechRecognitionResult: { AudioTime: "20", ResultDetail: detail } });
  expect(seen(cardOf(job))).toBe("Result Duration 0:20 0:03 – 0:20 Speaker 0 锄禾日当午");
});

test("a transcript of thousands of sentences is cut, and says how many it leaves out", () => {
  const sentences = Array.from({ length: 1_000 }, (_, index) => ({ FinalSentence: `s${index}`, StartMs: "0" }));
  const card = cardOf(jobWith("SpeechRecognition", { SpeechRecognitionResult: { ResultDetail: sentences } }));
  expect(card?.match(/class="at"/g)).toHaveLength(200);
  expect(seen(card)).toContain("and 800 more, under All fields");
});

test.each<[tag: string, operation: Fields, says: string]>([
  ["Translation", { AITranslateResult: { Result: "你好" }, Translation: { Lang: "en" } }, "Result 你好 Copy From en"],
  [
    "DocProcess",
    { DocProcessResult: { TotalPageCount: "2", SuccPageCount: "1", PageInfo: { PageNo: "1", TgtUri: "o/1.jpg" } } },
    "Result Pages 1 of 2 converted Output files o/ 1.jpg page 1 Copy",
  ],
  ["FileHashCode", { FileHashCodeResult: { MD5: "0a1b", FileSize: "123" } }, "Result Hashes MD5 0a1b Copy Size 123 B"],
  [
    "PicProcess",
    { PicProcessResult: { ProcessResult: { Format: "JPEG", Width: "417", Height: "500", Size: "24911" } } },
    "Result Property Original Processed Format – JPEG Dimensions – 417×500 Size – 24.3 KiB",
  ],
  [
    "ImageInspect",
    { ImageInspectResult: { Suspicious: "true", SuspiciousType: "MPEG-TS" } },
    "Result A file is hidden in it Hidden file MPEG-TS",
  ],
])("the card of %s", (tag, operation, says) => {
  expect(seen(cardOf(jobWith(tag, operation)))).toBe(says);
});

test("a job that failed, or of a type not known, has no card", () => {
  expect(cardOf(jobWith("Transcode", { Transcode: { Container: "mp4" } }, { State: "Failed" }))).toBeNull();
  expect(cardOf(jobWith("Novelty", { NoveltyResult: "x" }))).toBeNull();
});

describe("headers of the object", () => {
  test.each<[form: string, job: JobReading]>([
    [
      "a list of keys and values",
      jobWith("Transcode", {}, { Input: { CosHeaders: { Key: "x-cos-a", Value: "<b>" } } }),
    ],
    ["a map, as moderation sends them", moderationOf("ReviewImage", { CosHeaders: { "x-cos-a": "<b>" } })],
  ])("stand in two columns: %s", (_, { detail }) => {
    const card = markupOf(headersCard(viewIn("en"), { detail }));
    expect(card.replace(/\s+/g, " ")).toContain(
      '<th scope="row"><code>x-cos-a</code></th> <td><bdi>&lt;b&gt;</bdi></td>',
    );
  });

  test("have no card where there are none", () => {
    expect(headersCard(viewIn("en"), { detail: { Input: { Object: "a" } } })).toBe(false);
  });
});

const MARKUP = `<script>x</script><img src=x onerror="y">' onfocus="z`;

/** Elements and attributes that no card has. Quoted values are left out: what is in one cannot end it but by a quote. */
const foreign = (markup: string | null): string[] =>
  (markup ?? "").replace(/"[^"]*"/g, '""').match(/<script|<img|<[^>]*\s(?:onerror|onfocus)=/g) ?? [];

/** The same tree with markup behind every text that is no number, and nowhere a pattern. */
const hostile = (content: Fields[string]): Fields[string] => {
  if (typeof content === "string") return /^[\d.]*$/.test(content) ? content : `${content}${MARKUP}`;
  if (Array.isArray(content)) return content.map((each) => hostile(each) as Fields);
  return Object.fromEntries(Object.entries(content).map(([name, value]) => [name, hostile(value)]));
};

const UNTOUCHED = new Set(["Tag", "State", "Code"]);

test.each(TAGS.filter((tag) => tag !== "WordsGeneralize"))("markup in a %s stays text", (tag) => {
  const job = jobOf(tag);
  const fields = Object.entries(job).map(([name, value]) => [name, UNTOUCHED.has(name) ? value : hostile(value)]);
  const card = cardOf(jobIn(xmlCallback(Object.fromEntries(fields) as Fields)));
  expect(card).not.toBeNull();
  expect(foreign(card)).toEqual([]);
});

test("markup in a moderation stays text, names of its scenes among them", () => {
  const scene = {
    HitFlag: 1,
    Score: 9,
    Label: MARKUP,
    SubLabel: MARKUP,
    Keywords: MARKUP,
    OcrResults: { Text: MARKUP },
  };
  const part = { SnapshotTime: 1, Text: MARKUP, Url: MARKUP, [`${MARKUP}Info`]: scene };
  const card = cardOf(
    moderationOf("ReviewVideo", {
      Label: MARKUP,
      Result: 1,
      [`${MARKUP}Info`]: scene,
      Snapshot: part,
      Category: MARKUP,
    }),
  );
  expect(card?.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(10);
  expect(foreign(card)).toEqual([]);
});

test.each([
  [0, "0:00"],
  [156.9, "2:37"],
  [3725, "1:02:05"],
])("%d seconds into a recording are %s", (seconds, says) => {
  expect(clockText(seconds)).toBe(says);
});

test.each([
  [null, 5, null],
  [3.3, null, "0:03"],
  [3.3, 3.4, "0:03"],
  [3.3, 19.7, "0:03 – 0:20"],
])("from %j to %j is %j", (start, end, says) => {
  expect(clockSpan(start, end)).toBe(says);
});
