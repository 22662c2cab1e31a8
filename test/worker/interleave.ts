/** Something that happens between two calls of the Worker to D1: at the moment that a test chooses, and once. */
import { env } from "cloudflare:workers";

/** The real database, which does `act` right before the first call whose statements `isIt` recognizes by their SQL. */
export function before(isIt: (sql: string) => boolean, act: () => Promise<unknown>): D1Database {
  const real = new WeakMap<object, D1PreparedStatement>();
  const sqlOf = new WeakMap<object, string>();
  let isDone = false;
  const meet = async (sqls: readonly string[]) => {
    if (isDone || !sqls.some(isIt)) return;
    isDone = true;
    await act();
  };
  const wrap = (statement: D1PreparedStatement, sql: string): D1PreparedStatement => {
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values), sql),
      first: async (column: string) => {
        await meet([sql]);
        return column === undefined ? statement.first() : statement.first(column);
      },
      all: async () => {
        await meet([sql]);
        return statement.all();
      },
      run: async () => {
        await meet([sql]);
        return statement.run();
      },
    } as unknown as D1PreparedStatement;
    real.set(wrapped, statement);
    sqlOf.set(wrapped, sql);
    return wrapped;
  };
  const database = {
    prepare: (sql: string) => wrap(env.DB.prepare(sql), sql),
    batch: async (statements: D1PreparedStatement[]) => {
      await meet(statements.map((statement) => sqlOf.get(statement) ?? ""));
      return env.DB.batch(statements.map((statement) => real.get(statement) as D1PreparedStatement));
    },
    withSession: () => database,
  } as unknown as D1Database;
  return database;
}
