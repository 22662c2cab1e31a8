/** What expectations cost in rows written, as docs/storage.md has it, and that what is overdue is found along an index. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { newJobId, segmentation } from "./bodies.ts";
import { cron, get, post, send, TOKEN } from "./receiver.ts";

/** D1, with the rows that each statement writes and the SQL that is prepared with what is bound. */
function watched() {
  const statements: { sql: string; values: unknown[] }[] = [];
  let rows = 0;
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
          rows += result.meta.rows_written;
          return result;
        };
        return bound;
      };
      return statement;
    },
    async batch<T>(batch: D1PreparedStatement[]) {
      const results = await env.DB.batch<T>(batch);
      for (const { meta } of results) rows += meta.rows_written;
      return results;
    },
  };
  return { DB, statements, written: () => rows };
}

const headers = { authorization: `Bearer ${TOKEN}` };

async function rowsOf(act: (changes: { DB: unknown }) => Promise<unknown>): Promise<number> {
  const { DB, written } = watched();
  await act({ DB });
  return written();
}

const put = (jobId: string) => (changes: object) =>
  send(`/jobs/${jobId}/expectation`, { method: "PUT", headers, body: '{"within":60}' }, { ...changes });
const remove = (jobId: string) => (changes: object) =>
  send(`/jobs/${jobId}/expectation`, { method: "DELETE", headers }, { ...changes });

describe("rows written", () => {
  test("by announcing a job, announcing it again, its callback, and taking it back", async () => {
    const jobId = newJobId();
    const rows = {
      made: await rowsOf(put(jobId)),
      renewed: await rowsOf(put(jobId)),
      met: await rowsOf((changes) => post(segmentation(jobId), { ...changes })),
      removed: await rowsOf(remove(jobId)),
    };
    expect(rows).toEqual({ made: 4, renewed: 4, met: 5 + 2, removed: 1 + 1 });
  });

  test("by a callback that nobody has announced are the same as before", async () => {
    expect(await rowsOf((changes) => post(segmentation(newJobId()), { ...changes }))).toBe(5);
  });

  test("by becoming overdue", async () => {
    await cron();
    const jobId = newJobId();
    await put(jobId)({});
    const dueAt = Date.now() - 1;
    await env.DB.prepare("UPDATE expectations SET due_at = ?2, ask_at = ?2 WHERE job_id = ?1").bind(jobId, dueAt).run();
    const before = await rowsOf((changes) => cron({ ...changes }));
    const after = await rowsOf((changes) => cron({ ...changes }));
    expect(before - after).toBe(3);
  });
});

test("what is overdue is found along an index, and each job by its key", async () => {
  const { DB, statements } = watched();
  expect((await get("/jobs?overdue=true", {}, { DB })).status).toBe(200);
  const { sql, values } = statements[0] ?? expect.fail("nothing was asked");
  const plan = env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`).bind(...values);
  const steps = (await plan.all<{ detail: string }>()).results.map(({ detail }) => detail);
  expect(steps).toEqual([
    "CO-ROUTINE e",
    "SEARCH expectations USING INDEX expectations_by_due (is_open=? AND (due_at,job_id)>(?,?) AND due_at<?)",
    "SCAN e",
    "SEARCH j USING PRIMARY KEY (job_id=?) LEFT-JOIN",
    "SEARCH d USING INDEX sqlite_autoindex_deliveries_1 (id=?) LEFT-JOIN",
    "SEARCH v USING PRIMARY KEY (job_id=? AND delivery_id=?) LEFT-JOIN",
  ]);
});
