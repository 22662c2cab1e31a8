/** The programs of docs/client.md that read results: each is type-checked, and run on a job to print what stands below it. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatWithOptions } from "node:util";
import { describe, expect, test } from "vitest";
import { parseCallback } from "../../src/callback/callback.ts";
import type { JobReading } from "../../src/callback/types.ts";
import * as results from "../../src/results/results.ts";
import { WORKFLOW_FINISH_XML, xmlCallback } from "../fixtures/envelopes.ts";
import { TRANSCODE } from "../fixtures/jobs.ts";
import { jobIn, jobWith, moderationOf } from "./results.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

interface Program {
  title: string;
  code: string;
  output: string;
}

/** Each block of TypeScript in "Read results" with the block of output that follows it. */
function programs(): Program[] {
  const docs = readFileSync(join(ROOT, "docs/client.md"), "utf8");
  const [, section = ""] = /\n## Read results\n(.*?)\n## /s.exec(docs) ?? [];
  return section.split("\n### ").flatMap((part) => {
    const blocks = [...part.matchAll(/```ts\n(.*?)```\n\n```\n(.*?)```/gs)];
    return blocks.map(([, code = "", output = ""], index) => ({
      title: `${part.split("\n")[0] ?? ""} ${index + 1}`,
      code,
      output,
    }));
  });
}

const transcoded = jobIn(xmlCallback(TRANSCODE));

const words = [
  { Word: "hello", OffsetStartMs: "0", OffsetEndMs: "2190" },
  { Word: "there", OffsetStartMs: "2190", OffsetEndMs: "2625" },
];

const office = { StartTime: "0", EndTime: "11", Tags: { Tag: "Office", Confidence: "0.5" } };
const seen = {
  Tags: [
    { Tag: "Desk", Confidence: "0.355083" },
    { Tag: "Window", Confidence: "0.305083" },
  ],
  PlaceTags: office,
};

/** The job that each program is run on. */
const JOBS: Readonly<Record<string, JobReading>> = {
  "Media 1": transcoded,
  "Media 2": jobWith("VideoTag", { VideoTagResult: { StreamData: { Data: seen } } }),
  "Speech 1": jobWith("SpeechRecognition", {
    SpeechRecognitionResult: {
      AudioTime: "19.7124",
      ResultDetail: { FinalSentence: "hello there", SpeakerId: "0", StartMs: "3320", EndMs: "19712", Words: words },
    },
  }),
  "Translations 1": jobWith("Translation", { Output: { Bucket: "films-1250000001", Object: "out/zh.pdf" } }),
  "Pictures 1": jobWith("PicProcess", {
    PicProcessResult: {
      OriginalInfo: { ImageInfo: { Format: "JPEG", Height: "417", Width: "500" } },
      ProcessResult: { Format: "JPEG", Size: "24911" },
    },
  }),
  "Documents 1": jobWith("DocProcess", {
    DocProcessResult: {
      FailPageCount: "0",
      PageInfo: [
        { PageNo: "1", TgtUri: "out/1.jpg" },
        { PageNo: "2", TgtUri: "out/2.jpg" },
      ],
      TotalPageCount: "2",
    },
  }),
  "Files 1": jobWith("FileHashCode", {
    FileHashCodeResult: {
      FileSize: "123",
      LastModified: "2026-03-01T09:00:00+0800",
      MD5: "9a0364b9e99bb480dd25e1f0284c8555",
    },
  }),
  "Moderation 1": moderationOf("ReviewVideo", {
    Label: "Ads",
    Result: 1,
    Snapshot: [
      { SnapshotTime: 41, Label: "Normal", Result: 0 },
      { SnapshotTime: 5000, Label: "Ads", Result: 1, AdsInfo: { HitFlag: 1, Score: 98 } },
    ],
  }),
  "Workflow runs 1": transcoded,
  "Any job 1": transcoded,
};

function runInFixture() {
  const reading = parseCallback(WORKFLOW_FINISH_XML);
  return reading.ok ? reading.value.runs[0] : undefined;
}

/** What a program prints. The docs have no syntax in these programs that only TypeScript knows. */
function printedBy(code: string, job: JobReading): string {
  const lines: string[] = [];
  const console = { log: (...values: unknown[]) => lines.push(formatWithOptions({ colors: false }, ...values)) };
  const scope = { ...results, console, job, run: runInFixture() };
  // oxlint-disable-next-line typescript/no-implied-eval -- the program is our own documentation
  new Function(...Object.keys(scope), code)(...Object.values(scope));
  return lines.map((line) => `${line}\n`).join("");
}

describe("the programs of docs/client.md that read results", () => {
  test("are one or more for each family, each with its output", () => {
    expect(programs().map(({ title }) => title)).toEqual(Object.keys(JOBS));
  });

  test.each(programs())("$title prints what stands below it", ({ title, code, output }) => {
    expect(printedBy(code, JOBS[title] as JobReading)).toBe(output);
  });

  test("are right to the compiler", () => {
    const directory = mkdtempSync(join(tmpdir(), "client-docs-"));
    const client = JSON.stringify(join(ROOT, "src/client/client.ts"));
    const names = Object.keys(results).join(", ");
    const bodies = programs().map(({ code }) => `export async function program() {\n${code}}`);
    bodies.forEach((body, index) =>
      writeFileSync(
        join(directory, `${index}.ts`),
        `import { ${names}, type Job, type Run } from ${client};\ndeclare const job: Job;\ndeclare const run: Run;\n${body}`,
      ),
    );
    writeFileSync(
      join(directory, "tsconfig.json"),
      JSON.stringify({
        extends: join(ROOT, "tsconfig.json"),
        compilerOptions: { types: [], lib: ["esnext", "dom"] },
        files: bodies.map((_, index) => `${index}.ts`),
        include: [],
      }),
    );
    try {
      execFileSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", directory], { encoding: "utf8" });
    } catch (error) {
      expect.fail((error as { stdout: string }).stdout);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
