/**
 * A database that has been in use: many jobs, with the bytes behind each. One callback goes through the Worker, and
 * its rows are copied in SQLite, each copy with a JobId, bytes, an object, user data and a time of its own.
 */
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { dictionaryOf, isDictionaryName } from "../../src/store/dictionary/dictionary.ts";
import { jobIdOf } from "../bodies.ts";
import { load, startOurs } from "../serve/servers.ts";

/** Jobs are named `jobIdOf(0 … jobs - 1, SEED_SERIES)`, and came one a second until now. */
export const SEED_SERIES = "seed";

export const SEED_BODY_BYTES = 2_000;

const ORIGINAL_SERIES = "original";

export async function seed(folder: string, jobs: number): Promise<void> {
  const server = await startOurs(folder);
  const kind = { connections: 1, format: "xml", bodyBytes: SEED_BODY_BYTES, jobs: 1, seconds: 60 } as const;
  await load(server, { ...kind, method: "POST", requests: 1, series: ORIGINAL_SERIES });
  await server.stop();
  copyRows(`${folder}/d1/miniflare-D1DatabaseObject`, jobs);
}

function copyRows(folder: string, jobs: number): void {
  const file = readdirSync(folder).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  const db = new DatabaseSync(`${folder}/${file}`);
  db.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -2000000");
  const originalId = jobIdOf(0, ORIGINAL_SERIES);
  const { encoding, body } = db.prepare("SELECT encoding, body FROM deliveries").get() as unknown as OriginalRow;
  if (!isDictionaryName(encoding))
    throw new Error(`The callback is kept as ${encoding}, and not against a dictionary.`);
  const dictionary = dictionaryOf(encoding);
  const original = inflateRawSync(body, { dictionary }).toString();
  const bodyOf = (number: number) => original.replaceAll(originalId, jobIdOf(number, SEED_SERIES));
  db.function("job_id_of", { deterministic: true }, (number) => jobIdOf(Number(number), SEED_SERIES));
  db.function("body_of", { deterministic: true }, (number) => deflateRawSync(bodyOf(Number(number)), { dictionary }));
  db.function("delivery_id_of", { deterministic: true }, (number) =>
    createHash("sha256")
      .update(bodyOf(Number(number)))
      .digest("hex"),
  );
  const numbers = `WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < ${jobs - 1})`;
  const receivedAt = `received_at - (${jobs} - i) * 1000`;
  db.exec("BEGIN");
  copy(db, numbers, "deliveries", {
    seq: "NULL",
    id: "delivery_id_of(i)",
    received_at: receivedAt,
    job_ids: "json_array(job_id_of(i))",
    body: "body_of(i)",
  });
  copy(db, numbers, "jobs", {
    job_id: "job_id_of(i)",
    delivery_id: "delivery_id_of(i)",
    received_at: receivedAt,
    place: `(${receivedAt}) * 1000`,
    rank: "replace(rank, substr(delivery_id, 1, 16), substr(delivery_id_of(i), 1, 16))",
    user_data: "'order ' || i",
    object: "'reports/' || (i % 5000) || '.txt'",
  });
  db.exec("COMMIT");
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
}

interface OriginalRow {
  encoding: string;
  body: Uint8Array;
}

/** Every number as a copy of the one row, with some columns of its own. */
function copy(db: DatabaseSync, numbers: string, table: string, own: Record<string, string>): void {
  const columns = (db.prepare(`SELECT name FROM pragma_table_info('${table}')`).all() as { name: string }[]).map(
    ({ name }) => name,
  );
  const values = columns.map((column) => own[column] ?? column).join(", ");
  db.exec(
    `${numbers} INSERT INTO ${table} (${columns.join(", ")}) SELECT ${values} FROM numbers, (SELECT * FROM ${table})`,
  );
}
