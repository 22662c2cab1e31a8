/** Quarantine, bodies that wait to be read, and reparses. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { d1Store } from "../../src/store/d1/d1.ts";
import { persistent } from "../../src/store/retry.ts";
import { READ_ATTEMPTS } from "../../src/store/store.ts";
import type { DeliveryRecord, Job } from "../../src/wire.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { cron, get, post, read, send, sha256, TOKEN } from "./receiver.ts";

interface Reparsed {
  reparsed: { delivery: string; status: string; jobs: string[] }[];
  next: string | null;
  left: number | null;
}

const again = async <T>(path: string): Promise<T> =>
  (await send(path, { method: "POST", headers: { authorization: `Bearer ${TOKEN}` } })).json<T>();

describe("a delivery in quarantine", () => {
  test("is listed with reason, line, column and count, newest first, page by page", async () => {
    const bodies = Array.from({ length: 5 }, (_, at) => `{"a": ${at}\n x${newJobId()}`);
    for (const body of bodies) await post(body);
    await post(bodies[0] as string);
    const found: DeliveryRecord[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page: { deliveries: DeliveryRecord[]; next: string | null } = await read(
        `/deliveries?status=quarantined&limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`,
      );
      found.push(...page.deliveries);
      cursor = page.next;
    }
    const ids = await Promise.all(bodies.toReversed().map(sha256));
    expect(found.map((delivery) => delivery.id)).toEqual(ids);
    expect(found.at(-1)).toMatchObject({
      status: "quarantined",
      format: null,
      size: bodies[0]?.length,
      count: 2,
      hasBytes: true,
      line: 2,
      column: 2,
      reason: expect.any(String),
    });
  });

  test("that a better reader can read becomes the job it tells of, and twice is as once", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    await post(body);
    const id = await sha256(body);
    // As an older reader would have left it: in quarantine, and with no job.
    await env.DB.batch([
      env.DB.prepare(
        "UPDATE deliveries SET status = 'quarantined', format = NULL, reason_code = 'malformed-body', reason = 'x' WHERE id = ?",
      ).bind(id),
      env.DB.prepare("DELETE FROM jobs WHERE job_id = ?").bind(jobId),
    ]);
    expect((await get(`/jobs/${jobId}`)).status).toBe(404);
    for (let times = 0; times < 2; times += 1) {
      expect(await again(`/deliveries/${id}/reparse`)).toEqual({
        delivery: id,
        status: "stored",
        jobs: [jobId],
        reason: null,
        line: null,
        column: null,
      });
      expect(await read(`/jobs/${jobId}`)).toMatchObject({ jobId, state: "Success", delivery: { count: 1 } });
      expect(await read(`/deliveries/${id}`)).toMatchObject({ status: "stored", count: 1, reason: null });
    }
  });

  test("is read again with others in calls that say what is left", async () => {
    const bodies = Array.from({ length: 5 }, () => `[${newJobId()}`);
    for (const body of bodies) await post(body);
    const ids: string[] = [];
    let page = await again<Reparsed>("/deliveries/reparse?limit=2");
    const total = page.reparsed.length + (page.left ?? 0);
    for (; ; page = await again<Reparsed>(`/deliveries/reparse?limit=2&cursor=${page.next}`)) {
      ids.push(...page.reparsed.map(({ delivery }) => delivery));
      expect(page.left).toBe(total - ids.length);
      if (page.next === null) break;
    }
    expect(ids.slice(0, 5)).toEqual(await Promise.all(bodies.toReversed().map(sha256)));
  });
});

describe("a body whose reading never ended", () => {
  test("is kept, and the cron finishes the work", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    await post(body);
    const id = await sha256(body);
    // As a Worker leaves it that is killed between the two writes.
    await env.DB.batch([
      env.DB.prepare("UPDATE deliveries SET status = 'pending', format = NULL WHERE id = ?").bind(id),
      env.DB.prepare("DELETE FROM jobs WHERE job_id = ?").bind(jobId),
    ]);
    const { deliveries } = await read<{ deliveries: DeliveryRecord[] }>("/deliveries?status=pending");
    expect(deliveries.map((delivery) => delivery.id)).toEqual([id]);
    await cron();
    expect(await read(`/deliveries/${id}`)).toMatchObject({ status: "stored", format: "xml", count: 1 });
    expect(await read(`/jobs/${jobId}`)).toMatchObject({ state: "Success" });
  });
});

describe("a body whose reading ends the run with it", () => {
  test("is in quarantine by then, with a reason, and keeps nothing from being done", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    await post(body);
    const id = await sha256(body);
    await env.DB.prepare("UPDATE deliveries SET status = 'pending', format = NULL WHERE id = ?").bind(id).run();
    // Each attempt is counted and never ends, as where it ends the Worker with it.
    const store = d1Store(env.DB, persistent(1_000));
    for (let attempt = 1; attempt <= READ_ATTEMPTS; attempt += 1) expect(await store.claimReading(id)).toBe("claimed");
    expect(await read(`/deliveries/${id}`)).toMatchObject({ status: "pending", reason: null });
    await cron();
    expect(await read(`/deliveries/${id}`)).toMatchObject({
      status: "quarantined",
      reason:
        "Reading this body was begun 5 times and never ended: it may take more CPU or memory than the Worker has.",
    });
    expect(await store.claimReading(id)).toBe("not-pending");
    expect(await again(`/deliveries/${id}/reparse`)).toMatchObject({ status: "stored", jobs: [jobId] });
  });
});

describe("a pending body", () => {
  const makePending = (id: string) =>
    env.DB.prepare("UPDATE deliveries SET status = 'pending', attempts = 0, reader = 0, format = NULL WHERE id = ?")
      .bind(id)
      .run();

  /** D1 whose batches fail that write what was read. */
  const failingReadings = () =>
    new Proxy(env.DB, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (name !== "prepare") return typeof member === "function" ? member.bind(target) : member;
        return (sql: string) => {
          if (sql.includes("AS news")) throw new Error("D1_ERROR: no more");
          return target.prepare(sql);
        };
      },
    });

  test("stays pending, with no attempt counted, where what it says could not be written", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    await post(body);
    const id = await sha256(body);
    await makePending(id);
    for (let runs = 0; runs < READ_ATTEMPTS + 2; runs += 1) await cron({ DB: failingReadings() });
    expect(await read(`/deliveries/${id}`)).toMatchObject({ status: "pending", reason: null });
    await cron();
    expect(await read(`/deliveries/${id}`)).toMatchObject({ status: "stored" });
  });

  test("that was read meanwhile is not marked as one whose reading never ended", async () => {
    const body = segmentation(newJobId());
    await post(body);
    const id = await sha256(body);
    await env.DB.prepare("UPDATE deliveries SET attempts = 9 WHERE id = ?").bind(id).run();
    expect(await d1Store(env.DB, persistent(1_000)).claimReading(id)).toBe("not-pending");
    expect(await read(`/deliveries/${id}`)).toMatchObject({ status: "stored", reason: null });
  });

  test("that ends the Worker does not hold up the others", async () => {
    const [killer, other] = [segmentation(newJobId()), segmentation(newJobId())];
    for (const body of [killer, other]) {
      await post(body);
      await makePending(await sha256(body));
    }
    const store = d1Store(env.DB, persistent(1_000));
    await store.claimReading(await sha256(killer));
    expect((await store.listPending(1))[0]).toBe(await sha256(other));
    await cron();
  });

  test("whose reading never ended is tried again by a newer reader", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    await post(body);
    const id = await sha256(body);
    await makePending(id);
    const store = d1Store(env.DB, persistent(1_000));
    for (let attempt = 0; attempt <= READ_ATTEMPTS; attempt += 1) await store.claimReading(id);
    expect(await read(`/deliveries/${id}`)).toMatchObject({ status: "quarantined" });
    await cron();
    expect(await read(`/deliveries/${id}`)).toMatchObject({ status: "quarantined" });
    await env.DB.prepare("UPDATE marks SET seq = seq - 1 WHERE name = 'reader'").run();
    await cron();
    expect(await read(`/deliveries/${id}`)).toMatchObject({ status: "stored", reason: null });
  });
});

describe("a record of another reader", () => {
  test("that is newer is not taken back by an older one", async () => {
    const jobId = newJobId();
    const body = segmentation(jobId);
    await post(body);
    const id = await sha256(body);
    await env.DB.batch([
      env.DB.prepare("UPDATE deliveries SET reader = 900, status = 'quarantined' WHERE id = ?").bind(id),
      env.DB.prepare(
        "UPDATE jobs SET rank = substr(rank, 1, length(rank) - 3) || '900', state = 'Newer' WHERE job_id = ?",
      ).bind(jobId),
    ]);
    await again(`/deliveries/${id}/reparse`);
    await post(body);
    expect(await read(`/deliveries/${id}`)).toMatchObject({ status: "quarantined" });
    const { jobs } = await read<{ jobs: Job[] }>("/jobs?state=Newer");
    expect(jobs.map((job) => job.jobId)).toContain(jobId);
  });

  test("is replaced when its delivery is read again, even by one that says less", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId, { State: "Running" }));
    await env.DB.prepare(
      "UPDATE jobs SET rank = '9' || substr(rank, 1, length(rank) - 3) || '001', state = 'Success', terminal = 1 WHERE job_id = ?",
    )
      .bind(jobId)
      .run();
    const { delivery } = await read<Job>(`/jobs/${jobId}`);
    await again(`/deliveries/${delivery?.id}/reparse`);
    const { jobs } = await read<{ jobs: Job[] }>("/jobs?state=Running");
    expect(jobs.map((job) => job.jobId)).toContain(jobId);
  });
});
