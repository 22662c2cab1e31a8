/** The state of the sweep in D1: a row for each list, written only if its version is the one that was read. */
import type { Persistently } from "../retry.ts";
import type { Sweeps } from "../sweeps.ts";

const READ = "SELECT name, version, state FROM sweeps WHERE name IN (SELECT value FROM json_each(?1))";

const WRITE = `
  INSERT INTO sweeps (name, version, state) SELECT ?1, 1, ?3 WHERE ?2 = 0
  ON CONFLICT (name) DO NOTHING RETURNING name`;
const WRITE_AGAIN =
  "UPDATE sweeps SET version = version + 1, state = ?3 WHERE name = ?1 AND version = ?2 RETURNING name";

export const d1Sweeps = (db: D1Database, persistently: Persistently): Sweeps => ({
  async read(names) {
    const statement = db.prepare(READ).bind(JSON.stringify(names));
    const { results } = await persistently(() => statement.all<{ name: string; version: number; state: string }>());
    return new Map(results.map(({ name, version, state }) => [name, { version, state: JSON.parse(state) as unknown }]));
  },

  // If the answer to a write was lost, its repeat finds another version, and reports that somebody else has written.
  async write(name, version, state) {
    const statement = db.prepare(version === 0 ? WRITE : WRITE_AGAIN).bind(name, version, JSON.stringify(state));
    return (await persistently(() => statement.all())).results.length > 0;
  },
});
