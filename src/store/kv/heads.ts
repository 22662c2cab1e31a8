/**
 * A delivery as it is kept: `delivery:<id>` is a line of JSON, its head, and after it the bytes. Where bytes have a
 * life of their own they are apart, under `bytes:<id>`.
 */
import { type Body, decodeBytes } from "../../callback/callback.ts";
import { verified } from "../encoding.ts";
import { openEnvelope, sealEnvelope } from "../envelope.ts";
import { newestFirst } from "../keys.ts";
import { deliveryOf } from "../from-rows.ts";
import { type DeliveryRow, type ReadingRow, readingRow, UNREAD } from "../rows.ts";
import type { Arrival, Delivery, DeliveryReading, KeptBody, ListedDelivery } from "../store.ts";
import type { Namespace } from "./namespace.ts";
import { bytesExpiryOf, expiryOf, isPast, type Retention } from "./retention.ts";

/** Arrivals remembered with a delivery, so that a write tried again is not counted again. */
const RECEIPTS_KEPT = 16;

export interface Head extends DeliveryRow {
  /** Version of the reader; absent in heads of the first version. */
  reader?: number;
  receipts: string[];
  /** From when on the life of its entries is counted, where that is later than it last came. */
  kept_at?: number;
  /** The bytes have a key of their own. */
  apart?: boolean | undefined;
  /**
   * The jobs it names, as lists of deliveries show them; absent if it names none, and in heads of the first version.
   */
  named?: { job_ids: string[]; job_count: number; tag: string | null; event?: string | null; object: string | null };
}

/** Jobs that a delivery is listed with. */
const LISTED_JOBS = 10;

/** The head with one more arrival of its bytes: the merge of what D1 does in `putDeliveries`. */
export function withArrival(kept: Head | null, arrival: Arrival): Head {
  const { id, contentType, size, receivedAt, lastReceivedAt, count, nonce, source } = arrival;
  const receipts = kept?.receipts ?? [];
  const isCounted = nonce !== null && !receipts.includes(nonce);
  return {
    ...(kept ?? { ...headOf(UNREAD), id, content_type: contentType, size, has_bytes: 1 }),
    received_at: Math.min(kept?.received_at ?? receivedAt, receivedAt),
    heard_at: Math.max(kept === null ? lastReceivedAt : heardAt(kept), lastReceivedAt),
    count: kept === null ? count : Math.max(kept.count + Number(isCounted), count),
    receipts: isCounted ? [nonce, ...receipts].slice(0, RECEIPTS_KEPT) : receipts,
    ...(source === "reconcile" ? { source } : {}),
  };
}

/** The head, at the times that a reading knows where it knows more of them. */
export const withTimes = (head: Head, { receivedAt, lastReceivedAt }: DeliveryReading): Head => ({
  ...head,
  received_at: Math.min(head.received_at, receivedAt),
  heard_at: Math.max(heardAt(head), lastReceivedAt),
});

/** The head with what was made of the bytes: none of an older reader is news. What jobs were found before stays known. */
export function withReading(head: Head, reading: DeliveryReading["reading"]): Head {
  const row = readingRow(reading);
  return isNews(head, row) ? { ...head, ...headOf(row), ...namedBy(reading) } : head;
}

function namedBy(reading: DeliveryReading["reading"]): Pick<Head, "named"> {
  const [first] = reading.ok ? reading.value.jobs : [];
  if (!reading.ok || first === undefined) return {};
  const { jobs } = reading.value;
  const job_ids = jobs.slice(0, LISTED_JOBS).map(({ jobId }) => jobId);
  return { named: { job_ids, job_count: jobs.length, tag: first.tag, event: first.event, object: first.object } };
}

export const isNews = (head: Head, reading: ReadingRow): boolean =>
  reading.status !== "pending" && reading.reader >= (head.reader ?? 0);

const headOf = ({ status, format, reason_code, reason, line, column_number, reader }: ReadingRow) => ({
  status,
  format,
  reason_code,
  reason,
  line,
  column_number,
  reader,
});

/** When a delivery last came; heads of the first version say only when it first did. */
export const heardAt = ({ heard_at, received_at }: DeliveryRow): number => heard_at ?? received_at;

/** From when on the life of its entries is counted. */
export const keptAt = (head: Head): number => Math.max(head.kept_at ?? 0, heardAt(head));

/** A delivery's place in lists: part of its keys there. */
export const placeOf = ({ received_at, id }: Pick<DeliveryRow, "received_at" | "id">): string =>
  `${newestFirst(received_at)}:${id}`;

export type Heads = ReturnType<typeof headsIn>;

export function headsIn(kv: Namespace, retention: Retention) {
  /** Bytes that are apart have gone when their time is over. */
  const hasBytes = ({ apart, status, heard_at, received_at }: Head): boolean =>
    apart !== true ||
    status === "pending" ||
    status === "quarantined" ||
    !isPast(retention.bytes, heard_at ?? received_at);

  const delivery = (head: Head): Delivery => deliveryOf({ ...head, has_bytes: hasBytes(head) ? 1 : 0 });

  const listed = (head: Head): ListedDelivery => {
    const { job_ids = [], job_count = 0, tag = null, event = null, object = null } = head.named ?? {};
    return { ...delivery(head), jobIds: job_ids, jobCount: job_count, tag, event, object };
  };

  /** The head, and the bytes where they have not passed their time; null if the delivery is not kept. */
  async function open(id: string): Promise<{ head: Head; bytes: Uint8Array | null } | null> {
    const value = await kv.bytes(`delivery:${id}`);
    if (value === null) return null;
    const opened = openEnvelope(value);
    const head = opened.head as Head;
    if (head.apart !== true) return { head, bytes: opened.bytes };
    const bytes = await kv.bytes(`bytes:${id}`);
    return { head, bytes: bytes === null ? null : new Uint8Array(bytes) };
  }

  return {
    open,
    listed,

    /** The head alone, whose bytes are not fetched. */
    read: async (id: string): Promise<Head | null> => (await kv.head(`delivery:${id}`)) as Head | null,

    /** Bytes first: a head is never there without them. Gives the head as it was written. */
    async write(head: Head, body: Body | null): Promise<Head> {
      const isApart = retention.bytes !== null || (body === null && head.apart === true);
      const written: Head = { ...head, apart: isApart };
      const since = keptAt(written);
      if (isApart && body !== null) {
        const bytes = typeof body === "string" ? body : new Uint8Array(body);
        await kv.set(`bytes:${head.id}`, bytes, bytesExpiryOf(head.status, retention, heardAt(head)));
      }
      const value = sealEnvelope(written, isApart || body === null ? "" : body);
      await kv.set(`delivery:${head.id}`, value, expiryOf(head.status, retention, since));
      return written;
    },

    /** Rejects with a CorruptBodyError if the bytes are not the ones that the delivery is named after. */
    async body(id: string): Promise<KeptBody | null> {
      const opened = await open(id);
      if (opened === null) return null;
      const { head, bytes } = opened;
      if (bytes === null) return { delivery: { ...delivery(head), hasBytes: false }, body: null };
      return { delivery: { ...delivery(head), hasBytes: true }, body: await verified(id, decodeBytes(bytes)) };
    },
  };
}
