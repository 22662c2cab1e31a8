/** What lists cost: each filter is served by an index, and indexes cost rows with each callback. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { WALKED_ROWS } from "../../src/store/d1/lists.ts";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { newHook, rowsOf as eventsOf, telling } from "./endpoint.ts";
import { cron, get, post } from "./receiver.ts";

/** D1, with what passes through it: the SQL that is prepared with what is bound, and the rows that are read and written. */
function watched() {
  const statements: { sql: string; values: unknown[] }[] = [];
  const written: number[] = [];
  const read: number[] = [];
  const DB = {
    prepare(sql: string) {
      const statement = env.DB.prepare(sql);
      const bind = statement.bind.bind(statement);
      statement.bind = (...values) => {
        statements.push({ sql, values });
        const bound = bind(...values);
        const all = bound.all.bind(bound);
        bound.all = async <T>() => {
          const result = await all<T>();
          read.push(result.meta.rows_read);
          return result;
        };
        bound.first = async <T>() => (await bound.all<T>()).results[0] ?? null;
        return bound;
      };
      return statement;
    },
    async batch(batch: D1PreparedStatement[]) {
      const results = await env.DB.batch(batch);
      written.push(...results.map(({ meta }) => meta.rows_written));
      return results;
    },
  };
  return { DB, statements, read, written };
}

async function planOf(path: string): Promise<string[]> {
  const { DB, statements } = watched();
  expect((await get(path, {}, { DB })).status).toBe(200);
  const { sql, values } = statements[0] as { sql: string; values: unknown[] };
  const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...values)
    .all<{ detail: string }>();
  return results.map(({ detail }) => detail);
}

const DELIVERY = "SEARCH d USING INDEX sqlite_autoindex_deliveries_1 (id=?) LEFT-JOIN";

describe("a list of jobs", () => {
  test.each([
    ["", "SCAN j USING INDEX jobs_by_place"],
    ["receivedAfter=2026-01-01", "SEARCH j USING INDEX jobs_by_place (place>?)"],
    ["receivedBefore=2026-01-01", "SEARCH j USING INDEX jobs_by_place (place<?)"],
    ["state=Failed", "SEARCH j USING INDEX jobs_by_state (state=?)"],
    ["object=o", "SEARCH j USING INDEX jobs_by_object (object=?)"],
    ["runId=r", "SEARCH j USING INDEX jobs_by_run (run_id=?)"],
    ["userData=u", "SEARCH j USING INDEX jobs_by_user_data (user_data=?)"],
    ["object=o&receivedAfter=2026-01-01", "SEARCH j USING INDEX jobs_by_object (object=? AND place>?)"],
  ])("by ?%s is served by an index, in order, without sorting", async (query, plan) => {
    expect(await planOf(`/jobs?${query}`)).toEqual([plan, DELIVERY]);
  });

  test.each([
    ["tag=Snapshot", "SCAN j USING INDEX jobs_by_place"],
    ["bucket=b", "SCAN j USING INDEX jobs_by_place"],
    ["queueId=q", "SCAN j USING INDEX jobs_by_place"],
    ["state=Success", "SCAN j USING INDEX jobs_by_place"],
    ["tag=Snapshot&receivedAfter=2026-01-01", "SEARCH j USING INDEX jobs_by_place (place>?)"],
    ["tag=Snapshot&state=Failed", "SEARCH j USING INDEX jobs_by_state (state=?)"],
  ])("by ?%s is filtered on the way along an index, without sorting", async (query, plan) => {
    expect(await planOf(`/jobs?${query}`)).toEqual(["CO-ROUTINE j", plan, "SCAN j", DELIVERY]);
  });

  test("by a filter that matches nothing reads no more than its bound, says so, and goes on", async () => {
    const tag = newJobId();
    const count = 2 * WALKED_ROWS;
    await env.DB.prepare(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
       INSERT INTO jobs (job_id, received_at, place, delivery_id, rank, tag, state, state_source, terminal)
       SELECT 'walked' || i, i, i * 1000, 'd', '1', iif(i = 1, ?1, 'other'), 'Success', 'reported', 1 FROM n`,
    )
      .bind(tag)
      .run();
    const pages: { jobs: { jobId: string }[]; next: string | null }[] = [];
    let rowsRead = 0;
    for (let cursor: string | null = ""; cursor !== null; cursor = pages.at(-1)?.next ?? null) {
      const { DB, read } = watched();
      const response = await get(`/jobs?tag=${tag}${cursor === "" ? "" : `&cursor=${cursor}`}`, {}, { DB });
      pages.push(await response.json());
      rowsRead = Math.max(
        rowsRead,
        read.reduce((sum, rows) => sum + rows, 0),
      );
    }
    expect(pages.length).toBeGreaterThan(2);
    expect(pages.flatMap(({ jobs }) => jobs.map(({ jobId }) => jobId))).toEqual(["walked1"]);
    expect(rowsRead).toBeLessThan(3 * WALKED_ROWS);
    await env.DB.prepare("DELETE FROM jobs WHERE job_id LIKE 'walked%'").run();
  });

  test("goes on from a cursor by the same index", async () => {
    const object = newJobId();
    for (let at = 0; at < 2; at += 1) await post(segmentation(newJobId(), { Object: object }));
    const { next } = await (await get(`/jobs?object=${object}&limit=1`)).json<{ next: string }>();
    expect(await planOf(`/jobs?object=${object}&limit=1&cursor=${next}`)).toEqual([
      "SEARCH j USING INDEX jobs_by_object (object=? AND (place,job_id)<(?,?))",
      DELIVERY,
    ]);
  });
});

describe("a list of deliveries", () => {
  test.each([
    ["", "SCAN d"],
    ["status=stored", "SCAN d"],
    ["status=quarantined", "SEARCH d USING INDEX deliveries_by_status (status=?)"],
    ["status=no-job", "SEARCH d USING INDEX deliveries_by_status (status=?)"],
  ])("by ?%s is in order of arrival", async (query, plan) => {
    const [first, ...others] = await planOf(`/deliveries?${query}`);
    expect(first).toBe(plan);
    expect(others.filter((step) => step.includes("TEMP B-TREE"))).toEqual([]);
  });
});

describe("events are found by an index:", () => {
  const plansOf = async (act: (changes: { DB: unknown }) => Promise<unknown>, isIt: (sql: string) => boolean) => {
    const { DB, statements } = watched();
    await act({ DB });
    const found = statements.filter(({ sql }) => isIt(sql));
    expect(found.length).toBeGreaterThan(0);
    const plans = found.map(async ({ sql, values }) => {
      const plan = env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`).bind(...values);
      return (await plan.all<{ detail: string }>()).results.map(({ detail }) => detail).join("; ");
    });
    return Promise.all(plans);
  };
  const isList = (sql: string) => sql.includes("FROM (SELECT * FROM");

  test.each([
    ["", "SEARCH events USING INTEGER PRIMARY KEY (rowid<?)"],
    ["?status=failed", "SEARCH events USING INDEX events_failed (status=? AND rowid<?)"],
    ["?jobId=j", "SEARCH events USING INDEX events_by_subject (subject=? AND rowid<?)"],
  ])("the list%s", async (query, plan) => {
    expect(await plansOf((changes) => get(`/events${query}`, {}, changes), isList)).toEqual([plan]);
  });

  test("what is due, and what waits for each endpoint", async () => {
    const hook = newHook();
    await hook.plan({ status: 500 });
    await post(segmentation(newJobId()), telling(hook));
    await env.DB.prepare("UPDATE events SET due_at = 1 WHERE due_at IS NOT NULL").run();
    const run = (changes: object) => cron({ ...telling(hook), ...changes });
    const isLease = (sql: string) => sql.includes("UPDATE events SET attempts = attempts + 1");
    for (const plan of await plansOf(run, isLease))
      expect(plan).toContain("SEARCH events USING COVERING INDEX events_due (endpoint=? AND due_at>? AND due_at<?)");
  });

  test("what an upsert asks before it", async () => {
    const isAsked = (sql: string) => sql.includes("INSERT INTO events");
    for (const plan of await plansOf(
      (changes) => post(segmentation(newJobId()), { ...telling(newHook()), ...changes }),
      isAsked,
    ))
      expect(plan).not.toMatch(/SCAN (?:deliveries|events|endpoints|jobs(?! USING COVERING INDEX jobs_by_place))/);
  });
});

describe("rows written", () => {
  const rowsOf = async (body: string): Promise<number> => {
    const { DB, written } = watched();
    expect((await post(body, { DB })).status).toBe(200);
    return written.reduce((sum, rows) => sum + rows, 0);
  };

  test("by a segmentation are 5", async () => {
    expect(await rowsOf(segmentation(newJobId()))).toBe(5);
  });

  test("by a job with queue, user data and workflow are 7", async () => {
    const jobId = newJobId();
    expect(await rowsOf(segmentation(jobId, { QueueId: "q", UserData: "u", Workflow: { RunId: `i${jobId}` } }))).toBe(
      7,
    );
  });

  test("by the same bytes again are 1", async () => {
    const body = segmentation(newJobId());
    await post(body);
    expect(await rowsOf(body)).toBe(1);
  });

  test("by a body about no job are 3", async () => {
    expect(await rowsOf(`{"test": "${newJobId()}"}`)).toBe(3);
  });

  test("by an event are 4 at birth, for each endpoint, 1 at success, 2 and one for its endpoint at a failure, 1 at its end", async () => {
    const hooks = [newHook(), newHook()] as const;
    const write = async (changes: object) => {
      const { DB, written } = watched();
      const jobId = newJobId();
      await post(segmentation(jobId), { DB, ...changes });
      return { jobId, written };
    };
    const [first, ...others] = (await write(telling(...hooks))).written;
    expect(first).toBe(2 * 4);
    // For each endpoint the event and, where its breaker counted failures, the endpoint.
    expect(others.slice(-4).toSorted()).toEqual([0, 0, 1, 1]);
    await hooks[0].plan({ status: 500 });
    const failed = await write(telling(hooks[0]));
    expect(failed.written.slice(-2)).toEqual([2, 1]);
    await env.DB.prepare("UPDATE events SET due_at = NULL, status = 'delivered', ended_at = 1").run();
    const rows = await env.DB.prepare("SELECT count(*) AS n FROM events").first<number>("n");
    const { DB, written } = watched();
    await cron({ DB });
    expect(written).toContain(rows);
    expect(await eventsOf(failed.jobId)).toEqual([]);
  });

  test("by the end of a workflow that adds nothing to its jobs but their workflow", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId, { QueueId: "q" }));
    expect(await rowsOf(workflowFinish(`i${jobId}`, [jobId]))).toBe(9);
  });
});
