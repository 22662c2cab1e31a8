/** Job types about pictures, documents and files. */
import { output } from "../media.ts";
import type { Random } from "../random.ts";
import type { Tree } from "../tree.ts";
import { type JobType, template } from "./job-type.ts";

export const FILE_TYPES = {
  PicProcess: {
    service: "c",
    input: "jpg",
    describe({ random, stem, ...place }) {
      const object = `output/${stem}.jpg`;
      return {
        settings: { Output: output(place, object), ...template(random) },
        results: { PicProcessResult: pictureResult(random, object) },
      };
    },
  },
  ImageInspect: {
    service: "c",
    input: "png",
    describe({ random }) {
      const size = random.whole(100_000, 4_000_000);
      const hidden = random.chance(0.2)
        ? {
            SuspiciousBeginByte: 120,
            SuspiciousEndByte: size - 1,
            SuspiciousSize: size - 120,
            SuspiciousType: "MPEG-TS",
          }
        : {};
      return {
        settings: { ImageInspect: { AutoProcess: "false", ProcessType: "" } },
        results: {
          ImageInspectResult: {
            State: "Success",
            Code: "Success",
            InspectResult: { PicSize: size, PicType: "PNG", Suspicious: "SuspiciousType" in hidden, ...hidden },
          },
        },
      };
    },
  },
  DocProcess: {
    service: "d",
    input: "docx",
    describe({ random, stem, ...place }) {
      const pages = random.whole(1, 6);
      return {
        settings: { DocProcess: DOCUMENT_SETTINGS, Output: output(place, `output/${stem}/\${Page}.jpg`) },
        results: { DocProcessResult: documentResult(`output/${stem}/`, pages) },
      };
    },
  },
  FileHashCode: {
    service: "f",
    input: "zip",
    describe: ({ random }) => ({
      settings: { FileHashCodeConfig: { AddToHeader: "true", Type: "MD5" } },
      results: {
        FileHashCodeResult: {
          Etag: `"${random.hex(32)}"`,
          FileSize: String(random.whole(1, 9_000_000)),
          LastModified: "2026-06-27T15:23:11+0800",
          MD5: random.hex(32),
        },
      },
    }),
  },
  FileCompress: {
    service: "f",
    input: "csv",
    describe({ random, stem, ...place }) {
      const object = `output/${stem}.zip`;
      return {
        settings: {
          FileCompressConfig: { Flatten: "0", Format: "zip", Key: ["a.csv", "b & c.csv"], Prefix: "" },
          Output: output(place, object),
        },
        results: {
          FileCompressResult: { ...output(place, object), CompressFileCount: random.whole(1, 9), ErrorCount: 0 },
        },
      };
    },
  },
  FileUncompress: {
    service: "f",
    input: "zip",
    describe: ({ random, stem, bucket, region }) => ({
      settings: {
        FileUncompressConfig: { Prefix: `output/${stem}/`, PrefixReplaced: "1" },
        Output: { Bucket: bucket, Region: region },
      },
      results: { FileUncompressResult: { Bucket: bucket, FileCount: String(random.whole(1, 99)), Region: region } },
    }),
  },
} as const satisfies Record<string, JobType>;

const pictureResult = (random: Random, object: string): Tree => ({
  ObjectName: object,
  OriginalInfo: {
    Etag: `"${random.hex(32)}"`,
    ImageInfo: {
      Ave: `0x${random.hex(6)}`,
      Format: "JPEG",
      Height: "417",
      Orientation: "0",
      Quality: "68",
      Width: "500",
    },
  },
  ProcessResult: {
    Etag: "",
    Format: "JPEG",
    Height: "500",
    Quality: "68",
    Size: String(random.whole(9_000, 99_000)),
    Width: "417",
  },
});

const DOCUMENT_SETTINGS: Tree = {
  Comments: "0",
  DocPassword: "",
  EndPage: "-1",
  ImageParams: "",
  PaperDirection: "0",
  PaperSize: "0",
  Quality: "100",
  SheetId: "0",
  SrcType: "",
  StartPage: "1",
  TgtType: "jpg",
  Zoom: "100",
};

const documentResult = (prefix: string, pages: number): Tree => ({
  FailPageCount: "0",
  PageInfo: Array.from({ length: pages }, (_, page) => ({
    PageNo: String(page + 1),
    TgtUri: `${prefix}${page + 1}.jpg`,
    "X-SheetPics": "0",
  })),
  SuccPageCount: String(pages),
  TaskId: "",
  TgtType: "jpg",
  TotalPageCount: String(pages),
  TotalSheetCount: "0",
});
