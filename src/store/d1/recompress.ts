/**
 * Shrinks bodies that lie as text although they look like callbacks: an older version of the receiver has written them.
 * Walks all deliveries in order of arrival, a slice at a time; how far it has come is kept in `marks`. A row is rewritten
 * only while it is as it was read, and holds the same bytes before and after: killed anywhere, or run twice at once, it
 * loses nothing.
 */
import { decodeBody, encodeBody } from "../encoding.ts";
import type { Persistently } from "../retry.ts";
import { CorruptBodyError } from "../errors.ts";
import type { Recompressed } from "../purged.ts";
import { inChunks } from "./json.ts";

/** Rows passed in one slice. */
export const LOOKED_AT_ROWS = 200;

/** Rows rewritten in one slice: each takes a fifth of a millisecond of CPU, and costs a row written. */
export const REWRITTEN_ROWS = 20;

const MARK = "recompressed";

const SLICE = `
  SELECT seq FROM deliveries
  WHERE seq > coalesce((SELECT seq FROM marks WHERE name = '${MARK}'), 0) ORDER BY seq LIMIT ${LOOKED_AT_ROWS}`;

const IS_PLAIN = "deliveries.encoding = 'utf-8' AND deliveries.body IS NOT NULL";

/** Where the slice ends, and what is plain in it: one row with neither place nor body where nothing is. */
const PLAIN_IN_SLICE = `
  SELECT slice.last, slice.rows, plain.*
  FROM (SELECT max(seq) AS last, count(*) AS rows FROM (${SLICE})) AS slice LEFT JOIN (
    SELECT seq, id, size, body FROM deliveries
    WHERE seq IN (${SLICE}) AND ${IS_PLAIN} ORDER BY seq LIMIT ${REWRITTEN_ROWS}
  ) AS plain`;

/** ?1 is a JSON list of rows. A place may have been given to another delivery meanwhile. */
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
  // Where nothing was done the mark stays, and saves a row written with each run of the cron.
  if (isDone && plain.length === 0) return { rows: 0, isDone, faults };
  const mark = db.prepare(SET_MARK).bind(isFull ? plain.at(-1)?.seq : last);
  await persistently(() => db.batch([...inChunks(rewritten).map((json) => db.prepare(REWRITE).bind(json)), mark]));
  return { rows: rewritten.length, isDone, faults };
}

/** The rows that get smaller, as they are to lie. What is corrupt is told of, and stays as it is. */
async function deflate(rows: readonly PlainRow[]) {
  const rewritten: { seq: number; id: string; encoding: string; body: string }[] = [];
  const faults: string[] = [];
  for (const { seq, id, size, body } of rows) {
    try {
      const { encoding, parts } = await encodeBody(await decodeBody(id, "utf-8", [body]), size);
      if (encoding !== "utf-8" && parts.length === 1) rewritten.push({ seq, id, encoding, body: parts[0] as string });
    } catch (error) {
      if (!(error instanceof CorruptBodyError)) throw error;
      faults.push(error.message);
    }
  }
  return { rewritten, faults };
}
