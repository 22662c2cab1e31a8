/**
 * A delivery in KV: `delivery:<id>` has its head, a line of JSON, and then the bytes. If bytes have a retention of
 * their own, they are in `bytes:<id>` instead.
 */
import { type Body, decodeBytes } from "../../callback/callback.ts";
import { verified } from "../encoding.ts";
import { openEnvelope, sealEnvelope } from "../envelope.ts";
import { newestFirst } from "../keys.ts";
import { deliveryOf } from "../from-rows.ts";
import { type DeliveryRow, type ReadingRow, readingRow, UNREAD } from "../rows.ts";
import {
  type Arrival,
  type Delivery,
  type DeliveryReading,
  type KeptBody,
  LISTED_JOBS,
  type ListedDelivery,
} from "../store.ts";
import type { Namespace } from "./namespace.ts";
import { bytesExpiryOf, expiryOf, isPast, type Retention } from "./retention.ts";

/** How many arrivals a delivery remembers, so that a repeated write is not counted again. */
const RECEIPTS_KEPT = 16;

export interface Head extends DeliveryRow {
  /** Version of the reader; absent in heads of the first version. */
  reader?: number;
  receipts: string[];
  /** The time from which the retention of its entries counts, if that is later than its last arrival. */
  kept_at?: number;
  /** True if the bytes have a key of their own. */
  apart?: boolean | undefined;
  /** The jobs it names, for lists of deliveries; absent if it names none, and in heads of the first version. */
  named?: { job_ids: string[]; job_count: number; tag: string | null; event?: string | null; object: string | null };
}

/** The head with one more arrival of its bytes, as `putDeliveries` does in D1. */
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

/** The head with the times that a reading knows, if they are earlier or later. */
export const withTimes = (head: Head, { receivedAt, lastReceivedAt }: DeliveryReading): Head => ({
  ...head,
  received_at: Math.min(head.received_at, receivedAt),
  heard_at: Math.max(heardAt(head), lastReceivedAt),
});

/**
 * The head with what was made of the bytes. A reading by an older reader changes nothing. Jobs that were found before
 * are remembered.
 */
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

/** When a delivery last came. Heads of the first version only know when it first came. */
export const heardAt = ({ heard_at, received_at }: DeliveryRow): number => heard_at ?? received_at;

/** The time from which the retention of its entries counts. */
export const keptAt = (head: Head): number => Math.max(head.kept_at ?? 0, heardAt(head));

/** A delivery's place in lists: a part of its keys there. */
export const placeOf = ({ received_at, id }: Pick<DeliveryRow, "received_at" | "id">): string =>
  `${newestFirst(received_at)}:${id}`;

export type Heads = ReturnType<typeof headsIn>;

export function headsIn(kv: Namespace, retention: Retention) {
  /** Bytes with a key of their own are gone when their time is over. */
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

  /** The head, and the bytes if they are kept; null if the delivery is not kept. */
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

    /** The head alone, without fetching the bytes. */
    read: async (id: string): Promise<Head | null> => (await kv.head(`delivery:${id}`)) as Head | null,

    /** Writes the bytes first, so that a head never lacks them. Gives the head as it was written. */
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

    /** Rejects with a CorruptBodyError if the digest of the bytes is not the delivery's id. */
    async body(id: string): Promise<KeptBody | null> {
      const opened = await open(id);
      if (opened === null) return null;
      const { head, bytes } = opened;
      if (bytes === null) return { delivery: { ...delivery(head), hasBytes: false }, body: null };
      return { delivery: { ...delivery(head), hasBytes: true }, body: await verified(id, decodeBytes(bytes)) };
    },
  };
}
