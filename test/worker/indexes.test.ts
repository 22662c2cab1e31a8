/** What lists cost: each filter is served by an index, and indexes cost rows with each callback. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { newHook, rowsOf as eventsOf, telling } from "./endpoint.ts";
import { cron, get, post } from "./receiver.ts";

/** D1, with what passes through it: the SQL that is prepared with what is bound, and the rows that batches write. */
function watched() {
  const statements: { sql: string; values: unknown[] }[] = [];
  const written: number[] = [];
  const DB = {
    prepare(sql: string) {
      const statement = env.DB.prepare(sql);
      const bind = statement.bind.bind(statement);
      statement.bind = (...values) => {
        statements.push({ sql, values });
        return bind(...values);
      };
      return statement;
    },
    async batch(batch: D1PreparedStatement[]) {
      const results = await env.DB.batch(batch);
      written.push(...results.map(({ meta }) => meta.rows_written));
      return results;
    },
  };
  return { DB, statements, written };
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
    ["", "SCAN j USING INDEX jobs_by_received"],
    ["receivedAfter=2026-01-01", "SEARCH j USING INDEX jobs_by_received (received_at>?)"],
    ["receivedBefore=2026-01-01", "SEARCH j USING INDEX jobs_by_received (received_at<?)"],
    ["state=Failed", "SEARCH j USING INDEX jobs_by_state (state=?)"],
    ["tag=Snapshot", "SEARCH j USING INDEX jobs_by_tag (tag=?)"],
    ["bucket=b", "SEARCH j USING INDEX jobs_by_bucket (bucket=?)"],
    ["object=o", "SEARCH j USING INDEX jobs_by_object (object=?)"],
    ["queueId=q", "SEARCH j USING INDEX jobs_by_queue (queue_id=?)"],
    ["runId=r", "SEARCH j USING INDEX jobs_by_run (run_id=?)"],
    ["userData=u", "SEARCH j USING INDEX jobs_by_user_data (user_data=?)"],
    ["tag=Snapshot&receivedAfter=2026-01-01", "SEARCH j USING INDEX jobs_by_tag (tag=? AND received_at>?)"],
  ])("by ?%s is served by an index, in order, without sorting", async (query, plan) => {
    expect(await planOf(`/jobs?${query}`)).toEqual([plan, DELIVERY]);
  });

  test("of successes, most of all jobs, walks the jobs by time", async () => {
    expect(await planOf("/jobs?state=Success")).toEqual(["SCAN j USING INDEX jobs_by_received", DELIVERY]);
  });

  test("goes on from a cursor by the same index", async () => {
    const tag = newJobId();
    for (let at = 0; at < 2; at += 1) await post(segmentation(newJobId(), { Tag: tag }));
    const { next } = await (await get(`/jobs?tag=${tag}&limit=1`)).json<{ next: string }>();
    expect(await planOf(`/jobs?tag=${tag}&limit=1&cursor=${next}`)).toEqual([
      "SEARCH j USING INDEX jobs_by_tag (tag=? AND (received_at,job_id)<(?,?))",
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
    expect(await planOf(`/deliveries?${query}`)).toEqual([plan]);
  });
});

describe("rows written", () => {
  const rowsOf = async (body: string): Promise<number> => {
    const { DB, written } = watched();
    expect((await post(body, { DB })).status).toBe(200);
    return written.reduce((sum, rows) => sum + rows, 0);
  };

  test("by a segmentation are 7", async () => {
    expect(await rowsOf(segmentation(newJobId()))).toBe(7);
  });

  test("by a job with queue, user data and workflow are 10", async () => {
    const jobId = newJobId();
    expect(await rowsOf(segmentation(jobId, { QueueId: "q", UserData: "u", Workflow: { RunId: `i${jobId}` } }))).toBe(
      10,
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
    expect(others.slice(-2).toSorted()).toEqual([1, 1]);
    await hooks[0].plan({ status: 500 });
    const failed = await write(telling(hooks[0]));
    expect(failed.written.slice(-2)).toEqual([2, 1]);
    await env.DB.prepare("UPDATE events SET due_at = NULL, status = 'delivered', ended_at = 1").run();
    const rows = await env.DB.prepare("SELECT count(*) AS n FROM events").first<number>("n");
    const { DB, written } = watched();
    await cron({ DB });
    expect(written.at(-1)).toBe(rows);
    expect(await eventsOf(failed.jobId)).toEqual([]);
  });

  test("by the end of a workflow that adds nothing to its jobs but their workflow", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId, { QueueId: "q" }));
    expect(await rowsOf(workflowFinish(`i${jobId}`, [jobId]))).toBe(6);
  });
});
