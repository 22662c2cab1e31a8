/** What an import refuses, line by line, and what it does with bodies that are too much for one request. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, test } from "vitest";
import { IMPORT_LINES_MAX } from "../../src/api/import.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { empty } from "./empty.ts";
import { exportAll, importLines, type ImportedLine, type Line, lineOf, noise, postLines } from "./exported.ts";
import { downD1 } from "./faults.ts";
import { cron, get, post, read, sha256 } from "./receiver.ts";

beforeEach(empty);

describe("an import", () => {
  test("refuses a line in words, by its number, and takes the others", async () => {
    const good = await lineOf(segmentation(newJobId()));
    const without = (name: keyof Line) => Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));
    const lines: [unknown, string | null][] = [
      [good, null],
      [{ ...good, id: "0".repeat(64) }, "The SHA-256 of the bytes is not the id of the delivery."],
      [{ ...good, bytes: "%" }, "bytes is not base64."],
      [{ ...good, bytes: null, missing: "retention" }, "The line has no bytes to restore the delivery from."],
      [{ ...good, id: "x" }, "The line is not a delivery of an export. id must be a SHA-256 in 64 hexadecimal digits."],
      [without("count"), "The line is not a delivery of an export. count is missing."],
      [{ ...good, count: 0 }, "The line is not a delivery of an export. count must be at least 1."],
      [[], "The line is not a delivery of an export. id is missing."],
      [7, "The line is not a delivery of an export. It must be a JSON object."],
      [
        { ...good, receivedAt: "2026-02-30T00:00:00.000Z", lastReceivedAt: null },
        "receivedAt, lastReceivedAt and count must be given where there are bytes.",
      ],
      [
        { ...good, receivedAt: "2026-03-01" },
        "The line is not a delivery of an export. receivedAt must be a time such as 2026-03-01T08:00:00.000Z.",
      ],
      [{ ...good, lastReceivedAt: "2026-02-01T00:00:00.000Z" }, "receivedAt is later than lastReceivedAt."],
      [
        { ...good, lastReceivedAt: "2999-01-01T00:00:00.000Z" },
        "lastReceivedAt is more than a day ahead of this receiver's clock.",
      ],
    ];
    const text = [...lines.map(([line]) => JSON.stringify(line)), '{"id":', "", '{"next":null}'].join("\n");
    const { imported } = await (await postLines(text)).json<{ imported: ImportedLine[] }>();
    expect(imported.map(({ line, status, reason }) => [line, status, reason])).toEqual([
      [1, "stored", null],
      ...lines.slice(1).map(([, reason], at) => [at + 2, "refused", reason]),
      [lines.length + 1, "refused", "The line is not JSON in UTF-8."],
    ]);
    expect(imported[1]?.delivery).toBe("0".repeat(64));
    expect((await exportAll()).map(({ id }) => id)).toEqual([good.id]);
  });

  test("takes a page of an export as it is", async () => {
    await post("kept");
    const page = new TextDecoder().decode(await (await get("/deliveries/export")).arrayBuffer());
    await empty();
    const { imported } = await (await postLines(page)).json<{ imported: ImportedLine[] }>();
    expect(imported).toEqual([
      {
        line: 1,
        delivery: await sha256("kept"),
        status: "quarantined",
        reason: expect.stringContaining("neither XML"),
      },
    ]);
  });

  test("takes what a callback may be, and no more lines or bytes at once", async () => {
    const line = JSON.stringify(await lineOf("{}"));
    expect((await postLines(`${line}\n`.repeat(IMPORT_LINES_MAX))).status).toBe(200);
    expect(await exportAll()).toMatchObject([{ count: 1 }]);
    const tooMany = await postLines(`${line}\n`.repeat(IMPORT_LINES_MAX + 1));
    expect([tooMany.status, await tooMany.json()]).toMatchObject([
      400,
      { detail: "At most 100 lines are taken in one request; these are 101." },
    ]);
    const limits = { MAX_BODY_BYTES: "100000" };
    const largest = JSON.stringify(await lineOf(new Uint8Array(100_000).fill(0x7b)));
    expect((await postLines(largest, limits)).status).toBe(200);
    expect((await postLines(" ".repeat(2_300_000), limits)).status).toBe(413);
  });

  test("keeps a costly body before it reads it, and leaves it to the cron where that once ended the Worker", async () => {
    const jobId = newJobId();
    const line = await lineOf(segmentation(jobId, { UserData: "x".repeat(300_000) }), { count: 3 });
    // The Worker ends after the bytes are kept: the batch that has the reading never comes.
    let batches = 0;
    const DB = new Proxy(env.DB, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (name !== "batch") return typeof member === "function" ? member.bind(target) : member;
        return (statements: D1PreparedStatement[]) => {
          batches += 1;
          return batches === 2 ? Promise.reject(new Error("exceeded")) : target.batch(statements);
        };
      },
    });
    expect((await postLines(JSON.stringify(line), { DB })).status).toBe(503);
    expect(await importLines([line], { DB })).toMatchObject([{ status: "pending" }]);
    expect(await exportAll()).toMatchObject([{ id: line.id, status: "pending", count: 3 }]);
    await cron();
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success", delivery: { count: 3 } });
    expect(await importLines([line])).toMatchObject([{ status: "stored" }]);
  });

  test("repairs a corrupt delivery whose bytes were taken out, as the docs say", async () => {
    const body = noise(2_000_000);
    const line = await lineOf(body, { count: 2 });
    await post("untouched");
    await importLines([line]);
    await env.DB.prepare("UPDATE delivery_parts SET body = 'other'").run();
    await importLines([line]);
    expect((await get(`/deliveries/${line.id}/raw`)).status).toBe(500);
    await env.DB.batch([
      env.DB.prepare("UPDATE deliveries SET body = NULL, parts = 0 WHERE id = ?").bind(line.id),
      env.DB.prepare("DELETE FROM delivery_parts WHERE delivery_id = ?").bind(line.id),
    ]);
    await importLines([line]);
    const raw = new Uint8Array(await (await get(`/deliveries/${line.id}/raw`)).arrayBuffer());
    expect(await sha256(raw)).toBe(line.id);
    expect(await read(`/deliveries/${line.id}`)).toMatchObject({ count: 2, hasBytes: true });
  });

  test("is not spilled: while the store is down, the answer is 503", async () => {
    const line = JSON.stringify(await lineOf(segmentation(newJobId())));
    expect((await postLines(line, { ...downD1(), KV: env.KV })).status).toBe(503);
    expect((await env.KV.list()).keys).toEqual([]);
  });
});
