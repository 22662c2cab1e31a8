/** Export, empty, import of what did not come as callbacks: expectations, and CI's own answers. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { placesOf } from "../../src/bindings.ts";
import { intake, nameArrival } from "../../src/intake.ts";
import { readSettings } from "../../src/settings.ts";
import type { Job, ListedJob } from "../../src/wire.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { empty } from "./empty.ts";
import { exportPage, importLines, type ImportedLine, type Line, lineOf, postLines } from "./exported.ts";
import { type Changes, get, post, read, send, TOKEN } from "./receiver.ts";

beforeEach(empty);

interface ExpectationLine {
  expectation: Record<string, string | null>;
}
type Either = Line | ExpectationLine;

const isExpectation = (line: Either): line is ExpectationLine => "expectation" in line;

/** Every line, page after page of this size. */
async function exportAll(limit = 100, changes: Changes = {}): Promise<Either[]> {
  const all: Either[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const { lines, next } = await exportPage(`limit=${limit}${cursor && `&cursor=${cursor}`}`, changes);
    expect(lines.length).toBeLessThanOrEqual(limit);
    all.push(...lines);
    cursor = next;
  }
  return all;
}

const announce = (jobId: string, more: object = {}) =>
  send(`/jobs/${jobId}/expectation`, {
    method: "PUT",
    headers: { authorization: `Bearer ${TOKEN}` },
    body: JSON.stringify({ within: 3600, ...more }),
  });

const expectationLine = (jobId: string, changes: Record<string, unknown> = {}) => ({
  expectation: {
    jobId,
    registeredAt: "2026-03-01T08:00:00.123Z",
    dueAt: "2026-03-01T09:00:00.123Z",
    bucket: null,
    region: null,
    queueId: null,
    tag: null,
    userData: null,
    ...changes,
  },
});

describe("an export with expectations", () => {
  test.each([1, 2, 3, 100])("ends with them, and an import restores them, %i lines a page", async (limit) => {
    const jobIds = [newJobId(), newJobId(), newJobId()];
    for (const jobId of jobIds) await announce(jobId, { bucket: "b-1", region: "ap-x", userData: "今" });
    await post(segmentation(jobIds[0] as string));
    await post("not to be read");
    const before = await Promise.all(jobIds.map((jobId) => read<Job>(`/jobs/${jobId}`)));
    const lines = await exportAll(limit);
    expect(lines.map(isExpectation)).toEqual([false, false, true, true, true]);
    expect(lines.filter(isExpectation).map(({ expectation }) => expectation["jobId"])).toEqual(jobIds.toSorted());
    await empty();
    const imported = await importLines(lines);
    expect(imported.map(({ delivery, status }) => [delivery === null, status])).toEqual([
      [false, "stored"],
      [false, "quarantined"],
      [true, "expected"],
      [true, "expected"],
      [true, "expected"],
    ]);
    for (const [index, jobId] of jobIds.entries()) expect(await read<Job>(`/jobs/${jobId}`)).toEqual(before[index]);
    expect(await exportAll()).toEqual(lines);
    await importLines(lines);
    expect(await exportAll()).toEqual(lines);
  });

  test("is no change of today, and an older one takes nothing from a newer one", async () => {
    const jobId = newJobId();
    await post(segmentation(newJobId()));
    const { next } = await read<{ next: string }>("/changes");
    await importLines([expectationLine(jobId)]);
    expect(await read(`/changes?after=${next}`)).toEqual({ changes: [], next });
    expect((await read<{ jobs: ListedJob[] }>("/jobs?overdue=true")).jobs).toMatchObject([{ jobId }]);
    await announce(jobId, { tag: "Transcode" });
    await importLines([expectationLine(jobId)]);
    expect(await read<Job>(`/jobs/${jobId}`)).toMatchObject({ tag: "Transcode", expectation: { overdue: false } });
  });

  test.each([
    [{ jobId: 7 }, "The line is not an expectation of an export. jobId must be text."],
    [{ jobId: "a\u0000" }, "The line is not an expectation of an export. jobId must be a JobId."],
    [
      { dueAt: "2026-03-01" },
      "The line is not an expectation of an export. dueAt must be a time such as 2026-03-01T08:00:00.000Z.",
    ],
    [{ dueAt: undefined }, "The line is not an expectation of an export. dueAt is missing."],
    [{ bucket: 7 }, "The line is not an expectation of an export. bucket must be text."],
    [{ registeredAt: "2999-01-01T00:00:00.000Z" }, "registeredAt is more than a day ahead of this receiver's clock."],
    [{ dueAt: "2999-01-01T00:00:00.000Z" }, "dueAt is more than 31 days ahead of this receiver's clock."],
  ])("refuses a line in words, and takes the others: %j", async (changes, reason) => {
    const [bad, good] = [newJobId(), newJobId()];
    const text = [expectationLine(bad, changes), expectationLine(good)].map((line) => JSON.stringify(line)).join("\n");
    const { imported } = await (await postLines(text)).json<{ imported: ImportedLine[] }>();
    expect(imported).toEqual([
      { line: 1, delivery: null, status: "refused", reason },
      { line: 2, delivery: null, status: "expected", reason: null },
    ]);
    expect((await get(`/jobs/${bad}`)).status).toBe(404);
  });

  test("is refused line by line where the store keeps no expectations", async () => {
    const delivery = await lineOf(segmentation(newJobId()));
    const imported = await importLines([expectationLine(newJobId()), delivery], { STORE: "kv" });
    expect(imported.map(({ status, reason }) => [status, reason])).toEqual([
      ["refused", "STORE=kv keeps no expectations."],
      ["stored", null],
    ]);
  });
});

test("CI's own answer is one after an import too, and a line without a source is a callback", async () => {
  const [answered, called] = [newJobId(), newJobId()];
  const bytes = new TextEncoder().encode(segmentation(answered, { State: "Failed", Code: "InvalidText" }));
  const { store } = placesOf(env, readSettings(env).settings);
  const receivedAt = Date.now();
  await intake({ store, spill: null }, [
    await nameArrival({ bytes, contentType: null, receivedAt, source: "reconcile" }),
  ]);
  await post(segmentation(answered));
  const before = await read<Job>(`/jobs/${answered}`);
  expect(before).toMatchObject({ state: "Failed", source: "reconcile", verified: true });
  const lines = await exportAll();
  expect(lines.map((line) => !isExpectation(line) && line.source)).toEqual(["reconcile", "callback"]);
  await empty();
  await importLines(lines);
  expect(await read<Job>(`/jobs/${answered}`)).toEqual(before);
  await importLines([await lineOf(segmentation(called))]);
  expect(await read<Job>(`/jobs/${called}`)).toMatchObject({ source: "callback", verified: null });
});
