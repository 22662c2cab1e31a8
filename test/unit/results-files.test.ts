/** Pictures, documents, files and workflow runs. */
import { describe, expect, test } from "vitest";
import { parseCallback } from "../../src/callback/callback.ts";
import { readDocument } from "../../src/results/document.ts";
import { readFile } from "../../src/results/file.ts";
import { readPicture } from "../../src/results/picture.ts";
import { readRun } from "../../src/results/run.ts";
import { WORKFLOW_FINISH_XML } from "../fixtures/envelopes.ts";
import { jobWith } from "./results.ts";

const OUTPUT = { Bucket: "files-1250000001", Object: "out/small.jpg", Region: "ap-chongqing" };
const PLACE = { bucket: "files-1250000001", region: "ap-chongqing" };

describe("a picture job", () => {
  const info = { Ave: "0xC64847", Format: "JPEG", Height: "417", Orientation: "0", Quality: "68", Width: "500" };

  test("has the original and what became of it", () => {
    const result = {
      ObjectName: "out/smaller.jpg",
      OriginalInfo: { Etag: '"9a03"', ImageInfo: info },
      ProcessResult: { Etag: "", Format: "webp", Height: "200", Size: "24911", Width: "240" },
    };
    expect(readPicture(jobWith("PicProcess", { Output: OUTPUT, PicProcessResult: result }))).toEqual({
      files: [{ ...PLACE, object: "out/smaller.jpg", md5: null }],
      original: {
        format: "JPEG",
        widthPixels: 500,
        heightPixels: 417,
        sizeBytes: null,
        quality: 68,
        orientation: 0,
        averageColor: "#c64847",
        etag: "9a03",
      },
      processed: {
        format: "webp",
        widthPixels: 240,
        heightPixels: 200,
        sizeBytes: 24_911,
        quality: null,
        orientation: null,
        averageColor: null,
        etag: null,
      },
      inspection: null,
    });
  });

  test("has its file from what was asked for, where the result names none", () => {
    const job = jobWith("PicProcess", { Output: OUTPUT, PicProcessResult: { ProcessResult: { Format: "webp" } } });
    expect(readPicture(job)?.files).toEqual([{ ...PLACE, object: "out/small.jpg", md5: null }]);
  });

  const suspicious = {
    PicSize: "1000",
    PicType: "PNG",
    Suspicious: "true",
    SuspiciousBeginByte: "120",
    SuspiciousEndByte: "999",
    SuspiciousSize: "880",
    SuspiciousType: "MPEG-TS",
  };
  const found = {
    format: "PNG",
    sizeBytes: 1000,
    isSuspicious: true,
    hidden: { type: "MPEG-TS", firstByte: 120, lastByte: 999, sizeBytes: 880 },
  };

  test.each([
    ["in a node of its own", { State: "Success", InspectResult: suspicious }, found],
    ["in the result itself", suspicious, found],
    [
      "where nothing hides",
      { PicSize: "1000", PicType: "jpg", Suspicious: "false" },
      { format: "jpg", sizeBytes: 1000, isSuspicious: false, hidden: null },
    ],
  ])("has what an inspection found, %s", (_, result, expected) => {
    expect(readPicture(jobWith("ImageInspect", { ImageInspectResult: result }))).toEqual({
      files: [],
      original: null,
      processed: null,
      inspection: expected,
    });
  });

  test("that failed gives null", () => {
    expect(
      readPicture(jobWith("PicProcess", { Output: OUTPUT, PicProcessResult: "" }, { State: "Failed" })),
    ).toBeNull();
  });
});

describe("a document job", () => {
  test("has its pages", () => {
    const pages = [
      { PageNo: "1", PicIndex: "1", PicNum: "1", TgtUri: "out/1-1.jpg", "X-SheetPics": "2" },
      { PageNo: "1", PicIndex: "2", PicNum: "2", TgtUri: "out/1-2.jpg", "X-SheetPics": "2" },
    ];
    const result = {
      FailPageCount: "1",
      PageInfo: pages,
      SuccPageCount: "2",
      TgtType: "",
      TotalPageCount: "3",
      TotalSheetCount: "2",
    };
    const operation = { DocProcess: { TgtType: "jpg" }, DocProcessResult: result, Output: OUTPUT };
    expect(readDocument(jobWith("DocProcess", operation))).toEqual({
      ...PLACE,
      targetType: "jpg",
      pageCount: 3,
      succeededCount: 2,
      failedCount: 1,
      sheetCount: 2,
      pages: [
        { page: 1, object: "out/1-1.jpg", pictureInSheet: 1, picturesInSheet: 2, pictureInDocument: 1 },
        { page: 1, object: "out/1-2.jpg", pictureInSheet: 2, picturesInSheet: 2, pictureInDocument: 2 },
      ],
    });
  });

  test("that failed gives null", () => {
    expect(readDocument(jobWith("DocProcess", { DocProcess: { TgtType: "jpg" }, Output: OUTPUT }))).toBeNull();
  });
});

describe("a file job", () => {
  test.each([
    [
      "the hashes asked for, and the time in UTC",
      { FileHashCodeResult: { FileSize: "123", LastModified: "2026-03-01T09:00:00+0800", SHA1: "ab", Etag: "e" } },
      {
        kind: "hash",
        md5: null,
        sha1: "ab",
        sha256: null,
        sizeBytes: 123,
        lastModified: "2026-03-01T01:00:00Z",
        etag: "e",
      },
    ],
    [
      "the archive made",
      { FileCompressResult: { ...OUTPUT, Object: "all.zip", CompressFileCount: "12" } },
      { kind: "archive", ...PLACE, object: "all.zip", fileCount: 12 },
    ],
    [
      "where the files of an archive are",
      { FileUncompressConfig: { Prefix: "out/" }, FileUncompressResult: { ...OUTPUT, FileCount: "3" } },
      { kind: "files", ...PLACE, prefix: "out/", fileCount: 3 },
    ],
    ["nothing where it failed", { FileHashCodeConfig: { Type: "MD5" } }, null],
  ])("has %s", (_, operation, expected) => {
    expect(readFile(jobWith("FileHashCode", operation))).toEqual(expected);
  });
});

describe("a workflow run", () => {
  const reading = parseCallback(WORKFLOW_FINISH_XML);
  const run = reading.ok ? reading.value.runs[0] : undefined;
  if (run === undefined) throw new Error("The fixture has no run.");

  test("has its tasks, with how long they waited and took", () => {
    const read = readRun(run);
    expect(
      read?.tasks.map(({ name, state, waitSeconds, durationSeconds }) => [name, state, waitSeconds, durationSeconds]),
    ).toEqual([
      ["Transcode_1581665960537", "Success", 1, 7],
      ["Snapshot_1581665960536", "Failed", null, null],
      ["SCF_1581665960538", "Running", null, null],
    ]);
    expect(read?.tasks[1]).toMatchObject({ code: "InvalidArgument", message: "no frame" });
  });

  test("took until the end of its last task", () => {
    expect(readRun({ ...run, tasks: run.tasks.filter(({ endedAt }) => endedAt !== null) })?.durationSeconds).toBe(12);
    expect(readRun(run)?.durationSeconds).toBeNull();
  });

  test("has the files that its end names, in the run's bucket, and those that failed", () => {
    const [task] = run.tasks;
    if (task === undefined) throw new Error("The fixture has no task.");
    const info = [
      { ObjectName: "out/a.mp4", ObjectUrl: "https://example.com/a.mp4", Code: "Success" },
      { ObjectName: "", InputObjectName: "in/b.mp4", Code: "NoSuchKey", Message: "gone" },
    ];
    const detail = {
      ...task.detail,
      ResultInfo: { ObjectCount: "1", ObjectInfo: info, SpriteObjectInfo: { ObjectName: "s.jpg" } },
    };
    const read = readRun({ ...run, tasks: [{ ...task, detail }] })?.tasks[0];
    expect(read?.files).toEqual([{ bucket: "films-1250000001", region: null, object: "out/a.mp4", md5: null }]);
    expect(read?.sprites.map(({ object }) => object)).toEqual(["s.jpg"]);
    expect(read?.failed).toEqual([{ object: "in/b.mp4", code: "NoSuchKey", message: "gone" }]);
  });

  test("of which only its jobs have told has no result", () => {
    expect(readRun({ ...run, tasks: [] })).toBeNull();
  });
});
