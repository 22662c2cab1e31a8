/** Every published payload, read in place: what its reader gives, as far as it can be checked without copying it. */
import { describe, expect, test } from "vitest";
import { parseCallback } from "../../src/callback/callback.ts";
import type { JobReading, RunReading } from "../../src/callback/types.ts";
import type { MediaResult, ModerationResult } from "../../src/results/results.ts";
import { hitsOf, type JobResult, readResult, readRun } from "../../src/results/results.ts";
import { bytesOf, published, UNLESS_SKIPPED } from "./published.ts";

interface Read {
  file: string;
  job: JobReading;
  result: JobResult | null;
}

function readAll(): { reads: Read[]; runs: RunReading[] } {
  const readings = published.map((file) => ({ file, reading: parseCallback(bytesOf(file)) }));
  const sound = readings.flatMap(({ file, reading }) => (reading.ok ? [{ file, ...reading.value }] : []));
  return {
    reads: sound.flatMap(({ file, jobs }) => jobs.map((job) => ({ file, job, result: readResult(job) }))),
    runs: sound.flatMap(({ runs }) => runs),
  };
}

describe.skipIf(published.length === 0)(`the results of the provider's published payloads${UNLESS_SKIPPED}`, () => {
  const { reads, runs } = readAll();
  const mediaOf = (pattern: RegExp): MediaResult[] =>
    reads.flatMap(({ file, result }) => (pattern.test(file) && result?.family === "media" ? [result.result] : []));
  const moderations: ModerationResult[] = reads.flatMap(({ result }) =>
    result?.family === "moderation" ? [result.result] : [],
  );

  test("are there for every job but those that have none", () => {
    const without = reads.filter(({ result }) => result === null).map(({ file }) => file);
    expect(without).toEqual([
      // Its two lines tell of jobs, but not of what they made.
      "callback_WorkflowFinish_ci_zh_48f955.xml",
      "callback_WorkflowFinish_ci_zh_48f955.xml",
      // Its tag is "15".
      "sdk_cpp_describe_DocProcess_allnumeric.xml",
      // Only submitted yet.
      "wordsgen_submit_response_ci_zh_54f421.xml",
      "wordsgen_submit_response_cos_zh_41efe6.xml",
    ]);
    const families = Map.groupBy(reads, ({ result }) => result?.family ?? "none");
    expect(Object.fromEntries([...families].map(([family, of]) => [family, of.length]))).toEqual({
      document: 3,
      file: 1,
      media: 42,
      moderation: 11,
      none: 5,
      picture: 3,
      segmentation: 4,
      speech: 2,
      translation: 1,
    });
  });

  test("have bitrates that fit the size and the duration of the file, in whichever unit they were sent", () => {
    const infos = mediaOf(/./).flatMap(({ info }) => info ?? []);
    const measured = infos.flatMap(({ format, video, audio }) => {
      const { sizeBytes = null, durationSeconds = null } = format ?? {};
      if (sizeBytes === null || durationSeconds === null) return [];
      const average = (sizeBytes * 8) / durationSeconds;
      const rates = [format, ...video, ...audio].map((each) => each?.bitsPerSecond ?? null);
      return rates.filter((rate) => rate !== null).map((rate) => rate / average);
    });
    expect(measured).toHaveLength(64);
    expect(measured.filter((share) => share < 0.001 || share > 1.1)).toEqual([]);
  });

  test("name whole objects, and hashes wherever there are some", () => {
    const files = mediaOf(/./).flatMap(({ files }) => files);
    expect(files.filter(({ object, bucket, region }) => object.includes("${") || !bucket || !region)).toEqual([]);
    const segments = mediaOf(/_Segment_/).map(({ files }) =>
      files.map(({ md5, object }) => md5 !== null && /-\d$/.test(object)),
    );
    expect(segments).toEqual([Array(9).fill(true), Array(9).fill(true)]);
    expect(mediaOf(/_Snapshot_/).map(({ files, sprites }) => [files.length, sprites.length])).toEqual([[6, 1]]);
    expect(mediaOf(/_VoiceSeparate_/).map(({ files }) => files.map(({ part }) => part))).toEqual([
      ["voice", "background"],
      ["voice", "background"],
    ]);
    expect(mediaOf(/_StreamExtract_/).map(({ files }) => files.map(({ streamIndex }) => streamIndex))).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  test("have the tags of videos, in all four payloads alike", () => {
    const counts = mediaOf(/_VideoTag_/).map(({ tags }) =>
      [tags?.tags, tags?.places, tags?.actions, tags?.objects].map((list) => list?.length),
    );
    expect(counts.map((count) => count.join())).toEqual(Array(4).fill("4,2,2,1"));
  });

  test("have words of speech within the recording", () => {
    const speeches = reads.flatMap(({ result }) => (result?.family === "speech" ? [result.result] : []));
    expect(speeches).toHaveLength(2);
    for (const { durationSeconds, sentences } of speeches) {
      const ends = sentences.flatMap(({ words }) => words.map(({ endSeconds }) => endSeconds ?? Infinity));
      expect(ends).toHaveLength(22);
      expect(Math.max(...ends)).toBeLessThanOrEqual(durationSeconds ?? 0);
    }
  });

  test("pass moderation, but for the one that does not", () => {
    expect(moderations.map(({ verdict }) => verdict).toSorted()).toEqual(["block", ...Array(10).fill("pass")]);
    expect(moderations.flatMap(hitsOf)).toEqual([]);
    expect(moderations.filter(({ scenes }) => scenes.length === 0)).toEqual([]);
    expect(moderations.flatMap(({ parts }) => parts.map(({ kind }) => kind)).toSorted()).toEqual([
      "frame",
      "page",
      "sound",
      "sound",
      "sound",
      "text",
    ]);
  });

  test("have the tasks of a run", () => {
    expect(runs.map((run) => readRun(run)).map((run) => [run?.durationSeconds, run?.tasks.length])).toEqual([[25, 2]]);
  });
});
