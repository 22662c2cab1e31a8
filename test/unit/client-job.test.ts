import { describe, expect, test } from "vitest";
import { isFamily, isKnown, isModeration, isSegmentation, isTag, type Job } from "../../src/client/client.ts";
import { FAMILY_OF_TAG } from "../../src/results/families.ts";
import { listed } from "./client-fixtures.ts";
import { moderationOf } from "./results.ts";

/** A job as a receiver answers it, whatever its tag. */
const jobOf = (tag: string | null, changes: Partial<Job> = {}): Job =>
  ({ ...listed("j1"), tag, detail: null, ...changes }) as unknown as Job;

/** Tags that the provider does not document, among them such as begin like one, or like nothing. */
const OTHERS = ["VocalScore", "Waveform", "transcode", "WordsGeneralize2", "", "_x", "标签", "constructor"];

describe("telling jobs apart", () => {
  test.each(Object.entries(FAMILY_OF_TAG))("a %s is known, and of the family %s", (tag, family) => {
    const job = jobOf(tag);
    expect([isKnown(job), isTag(job, tag), isFamily(job, family), isModeration(job)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(isSegmentation(job)).toBe(tag === "WordsGeneralize");
    expect(isFamily(job, family === "media" ? "speech" : "media")).toBe(false);
  });

  test.each([...OTHERS, null])("a job of tag %j is none of them", (tag) => {
    const job = jobOf(tag);
    expect([isKnown(job), isSegmentation(job), isFamily(job, "media"), isTag(job, "Transcode")]).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  test.each(OTHERS)("a job of tag %j is told by it all the same", (tag) => {
    expect(isTag(jobOf(tag), tag)).toBe(true);
  });

  test("a moderation is told by its event, or by its verdict where CI was asked about it", () => {
    const { detail } = moderationOf("ReviewImage", { Result: 0 });
    expect(isModeration(jobOf(null, { event: "ReviewImage" }))).toBe(true);
    expect(isModeration(jobOf(null, { event: null, detail }))).toBe(true);
    expect(isModeration(jobOf(null, { event: null }))).toBe(false);
    expect(isModeration(jobOf(null, { event: "TaskFinish", detail }))).toBe(false);
  });
});
