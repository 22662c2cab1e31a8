/**
 * Shrinks bodies that older versions of the receiver stored as text, although they look like callbacks. It walks all
 * deliveries in order of arrival, a slice at a time; `marks` keeps how far it has come. A row is rewritten only if it
 * is still as it was read, and holds the same bytes before and after. So nothing is lost if a run is killed, or two
 * overlap.
 */
import { decodeBody, encodeBody } from "../encoding.ts";
import type { Persistently } from "../retry.ts";
import { CorruptBodyError } from "../errors.ts";
import type { Recompressed } from "../purged.ts";
import { inChunks } from "./json.ts";

/** How many rows a slice passes. */
export const LOOKED_AT_ROWS = 200;

/** How many rows a slice rewrites: each takes a fifth of a millisecond of CPU, and costs a row written. */
export const REWRITTEN_ROWS = 20;

const MARK = "recompressed";

const SLICE = `
  SELECT seq FROM deliveries
  WHERE seq > coalesce((SELECT seq FROM marks WHERE name = '${MARK}'), 0) ORDER BY seq LIMIT ${LOOKED_AT_ROWS}`;

const IS_PLAIN = "deliveries.encoding = 'utf-8' AND deliveries.body IS NOT NULL";

/** The end of the slice, and the bodies in it that are stored as text; one row without a body if there is none. */
const PLAIN_IN_SLICE = `
  SELECT slice.last, slice.rows, plain.*
  FROM (SELECT max(seq) AS last, count(*) AS rows FROM (${SLICE})) AS slice LEFT JOIN (
    SELECT seq, id, size, body FROM deliveries
    WHERE seq IN (${SLICE}) AND ${IS_PLAIN} ORDER BY seq LIMIT ${REWRITTEN_ROWS}
  ) AS plain`;

/** ?1 is a JSON list of rows. In the meantime a place may have gone to another delivery. */
const REWRITE = `
  UPDATE deliveries SET encoding = told.value ->> 'encoding', body = unhex(told.value ->> 'body')
  FROM json_each(?1) AS told
  WHERE deliveries.seq = told.value ->> 'seq' AND deliveries.id = told.value ->> 'id' AND ${IS_PLAIN}`;

const SET_MARK = `
  INSERT INTO marks (name, seq) VALUES ('${MARK}', ?1) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq`;

interface SliceEnd {
  last: number | null;
  rows: number;
}

interface PlainRow {
  seq: number;
  id: string;
  size: number;
  body: string;
}

/** One slice. */
export async function recompress(db: D1Database, persistently: Persistently): Promise<Recompressed> {
  const { results } = await persistently(() => db.prepare(PLAIN_IN_SLICE).all<SliceEnd & (PlainRow | { seq: null })>());
  const { last, rows } = results[0] as SliceEnd;
  const plain = results.filter((row): row is SliceEnd & PlainRow => row.seq !== null);
  const isFull = plain.length === REWRITTEN_ROWS;
  const isDone = !isFull && rows < LOOKED_AT_ROWS;
  const { rewritten, faults } = await deflate(plain);
  // If nothing was done, the mark is not written, which saves a row in each run of the cron.
  if (isDone && plain.length === 0) return { rows: 0, isDone, faults };
  const mark = db.prepare(SET_MARK).bind(isFull ? plain.at(-1)?.seq : last);
  await persistently(() => db.batch([...inChunks(rewritten).map((json) => db.prepare(REWRITE).bind(json)), mark]));
  return { rows: rewritten.length, isDone, faults };
}

/** The rows that get smaller, as they will be stored. A corrupt one is reported, and left as it is. */
async function deflate(rows: readonly PlainRow[]) {
  const rewritten: { seq: number; id: string; encoding: string; body: string }[] = [];
  const faults: string[] = [];
  for (const { seq, id, size, body } of rows) {
    try {
      const { encoding, parts } = encodeBody(await decodeBody(id, "utf-8", [body]), size);
      if (encoding !== "utf-8" && parts.length === 1) rewritten.push({ seq, id, encoding, body: parts[0] as string });
    } catch (error) {
      if (!(error instanceof CorruptBodyError)) throw error;
      faults.push(error.message);
    }
  }
  return { rewritten, faults };
}
