/**
 * Receivers that are asked over HTTP and need no more of `wrangler dev`: built and run as it does, but in this process,
 * at half its price. Each has a database of its own, empty.
 */
import { createTestHarness, unstable_splitSqlQuery as splitSql } from "wrangler";
import { KEY, ROOT, TOKEN } from "./server.ts";

export interface Target {
  base: string;
  /** Posts a callback, as CI does; gives the status. */
  post: (body: string) => Promise<number>;
  /** Runs SQL on the receiver's own database. */
  sql: (statements: string) => Promise<void>;
  stop: () => Promise<void>;
}

/** What is used of D1 here, whose types are those of workerd. */
interface Database {
  prepare: (statement: string) => object;
  batch: (statements: object[]) => Promise<unknown>;
}

/** `vars` are settings beside the callback key and the look-up token. */
export const startTarget = (vars: Record<string, string> = {}): Promise<Target> => start(vars, true);

/** The same before its migrations are applied. */
export const startUnmigratedTarget = (vars: Record<string, string> = {}): Promise<Target> => start(vars, false);

async function start(vars: Record<string, string>, isMigrated: boolean): Promise<Target> {
  const settings = { CALLBACK_KEYS: KEY, LOOKUP_TOKENS: TOKEN, ...vars };
  const harness = createTestHarness({ root: ROOT, workers: [{ configPath: "wrangler.toml", secrets: settings }] });
  const { url } = await harness.listen();
  const worker = harness.getWorker();
  if (isMigrated) await worker.applyD1Migrations("DB");
  const db = (await worker.getEnv())["DB"] as Database;
  return {
    base: url.origin,
    post: async (body) => (await fetch(`${url.origin}/callbacks/${KEY}`, { method: "POST", body })).status,
    sql: async (statements) => {
      await db.batch(splitSql(statements).map((statement) => db.prepare(statement)));
    },
    stop: () => harness.close(),
  };
}
