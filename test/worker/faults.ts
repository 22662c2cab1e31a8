/**
 * A layer of faults around real bindings: each call reaches the real D1 or KV, or fails before it, or fails after it
 * took effect, or never answers. Seeded, so that a run can be repeated.
 */
import { env } from "cloudflare:workers";

export interface Faults {
  /** Share of calls that fail before they take effect. */
  before: number;
  /** Share of calls that fail after they took effect: the answer is lost. */
  after: number;
  /** Share of calls that take effect and never answer. */
  stall: number;
  /** Nothing gets through at all. */
  down: boolean;
}

export const NO_FAULTS: Faults = { before: 0, after: 0, stall: 0, down: false };

/** Cloudflare's words for a fault worth another try. */
export const LOST = "D1_ERROR: Network connection lost.";
export const KV_LOST = "KV PUT failed: 500 Internal Server Error";

export type Random = () => number;

/** A seeded generator of numbers from 0 to 1 (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Stands before every call to a binding: lets it take effect or not, now or later, and says what it answers. */
export type Gate = <T>(call: string, effect: () => Promise<T>) => Promise<T>;

/** How a statement begins: what it does, and to which table. */
const beginningOf = (sql: string): string => sql.trim().split(/\s+/).slice(0, 3).join(" ");

/** D1 behind a gate. A batch is one call, as it is one transaction, and is named by its first statement. */
export function gatedD1(db: D1Database, gate: Gate): D1Database {
  const real = new WeakMap<object, D1PreparedStatement>();
  const names = new WeakMap<object, string>();

  const wrap = (statement: D1PreparedStatement, name: string): D1PreparedStatement => {
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values), name),
      first: (column?: string) =>
        gate(name, () => (column === undefined ? statement.first() : statement.first(column))),
      all: () => gate(name, () => statement.all()),
      run: () => gate(name, () => statement.run()),
    } as unknown as D1PreparedStatement;
    real.set(wrapped, statement);
    names.set(wrapped, name);
    return wrapped;
  };

  const gated = {
    prepare: (sql: string) => wrap(db.prepare(sql), `D1 ${beginningOf(sql)}`),
    batch: (statements: D1PreparedStatement[]) =>
      gate(names.get(statements[0] ?? {}) ?? "D1", () =>
        db.batch(statements.map((statement) => real.get(statement) as D1PreparedStatement)),
      ),
    withSession: () => gated,
  } as unknown as D1Database;
  return gated;
}

/** KV behind a gate. */
export function gatedKv(kv: KVNamespace, gate: Gate): KVNamespace {
  const call =
    (name: "get" | "getWithMetadata" | "put" | "list" | "delete") =>
    (...values: unknown[]) =>
      gate(`KV ${name}`, () => (kv[name] as (...values: unknown[]) => Promise<unknown>)(...values));
  return {
    get: call("get"),
    getWithMetadata: call("getWithMetadata"),
    put: call("put"),
    list: call("list"),
    delete: call("delete"),
  } as unknown as KVNamespace;
}

const byChance =
  (faults: Faults, random: Random, message: string): Gate =>
  async (_, effect) => {
    const chance = random();
    if (faults.down || chance < faults.before) throw new Error(message);
    const answer = await effect();
    if (chance < faults.before + faults.after) throw new Error(message);
    if (chance < faults.before + faults.after + faults.stall) return new Promise<never>(() => {});
    return answer;
  };

/** `faults` may be changed while the database is in use. */
export const faultyD1 = (db: D1Database, faults: Faults, random: Random): D1Database =>
  gatedD1(db, byChance(faults, random, LOST));

export const faultyKv = (kv: KVNamespace, faults: Faults, random: Random): KVNamespace =>
  gatedKv(kv, byChance(faults, random, KV_LOST));

/** Bindings with a D1 that nothing gets through to. */
export const downD1 = () => ({
  STORE_DEADLINE_MILLISECONDS: "100",
  DB: faultyD1(env.DB, { ...NO_FAULTS, down: true }, seeded(1)),
});
