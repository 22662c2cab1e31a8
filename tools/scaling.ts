/**
 * `npm run scaling`: what a number of callbacks a month needs and costs. The figures are Cloudflare's published limits
 * and prices, and measurements of our own. All are constants below: change one, or give another load as an option.
 * docs/scaling.md explains the steps.
 */
import { parseArgs } from "node:util";

const HELP = `Usage: npm run scaling -- [options]

  --callbacks <n>   callbacks a month (default 1000000)
  --bytes <n>       size of a callback (default 3000)
  --rows <n>        D1 rows written by one, indexes counted (default 5, a segmentation; 7 at most for a success)
  --lookups <n>     look-ups for each callback (default 3)
  --days <n>        how long they are kept, in days (default 90)
  --cpu <ms>        CPU of a POST or a look-up, in milliseconds (default 1)
  --peak <n>        how much busier the busiest second is than the average (default 20)
`;

/** Cloudflare's published prices in dollars (developers.cloudflare.com, November 2026), and what the paid plan includes a month. */
const PRICE = {
  plan: 5,
  requestsPerMillion: 0.3,
  includedRequests: 10_000_000,
  cpuPerMillionMilliseconds: 0.02,
  includedCpuMilliseconds: 30_000_000,
  rowsWrittenPerMillion: 1,
  includedRowsWritten: 50_000_000,
  rowsReadPerMillion: 0.001,
  includedRowsRead: 25_000_000_000,
  storagePerGigabyte: 0.75,
  includedGigabytes: 5,
  queueOperationsPerMillion: 0.4,
  includedQueueOperations: 1_000_000,
  kvWritesPerMillion: 5,
  includedKvWrites: 1_000_000,
  kvReadsPerMillion: 0.5,
  includedKvReads: 10_000_000,
  kvListsPerMillion: 5,
  includedKvLists: 1_000_000,
} as const;

/** What the free plan allows a day (Cloudflare's published limits of Workers, D1, Queues and KV). */
const FREE_A_DAY = {
  requests: 100_000,
  rowsWritten: 100_000,
  queueOperations: 10_000,
  kvWrites: 1_000,
  kvLists: 1_000,
} as const;

/** One D1 database: queries a second if each takes a millisecond, and its largest size. */
const D1 = { queriesPerSecond: 1_000, gigabytes: 10 } as const;

/**
 * Queries for one callback that is written alone, and for one of a hundred that are written in one batch. Counted by
 * us. A statement that writes five deliveries counts as five queries, since it does the work of five.
 */
const STATEMENTS = { alone: 3, inBatch: 1.02 } as const;
/** How many times as many callbacks a second batches of 100 store as batches of 1. Measured by us: docs/scaling.md. */
const BATCH_GAIN = 10;
/**
 * Bytes of database for each byte of a body that is not indented (an indented one takes 0.12), and for each row or
 * index entry. Measured by us: `npm run bench -- cost`.
 */
const ROOM = { forEachByte: 0.2, forEachRow: 180 } as const;
/** A queue message is written, read and deleted. */
const QUEUE_OPERATIONS = 3;
/** Operations of KV with STORE=kv: docs/storage.md. */
const KV = { callback: { reads: 1, writes: 3 }, lookup: { reads: 2, lists: 1 } } as const;

const DAYS_A_MONTH = 30;
const SECONDS_A_MONTH = DAYS_A_MONTH * 86_400;

export interface Load {
  callbacks: number;
  bytes: number;
  rows: number;
  lookups: number;
  days: number;
  cpu: number;
  peak: number;
}

const over = (used: number, included: number, perMillion: number): number =>
  (Math.max(0, used - included) / 1e6) * perMillion;

/** All figures of one load; money in dollars a month on the paid plan. */
export function figuresOf({ callbacks, bytes, rows, lookups, days, cpu, peak }: Load) {
  const requests = callbacks * (1 + lookups);
  const perDay = callbacks / DAYS_A_MONTH;
  const averagePerSecond = callbacks / SECONDS_A_MONTH;
  const peakPerSecond = averagePerSecond * peak;
  const gigabytes = (perDay * days * (bytes * ROOM.forEachByte + rows * ROOM.forEachRow)) / 1e9;
  const rowsWritten = callbacks * rows;
  const common =
    over(requests, PRICE.includedRequests, PRICE.requestsPerMillion) +
    over(requests * cpu, PRICE.includedCpuMilliseconds, PRICE.cpuPerMillionMilliseconds);
  const d1 =
    over(rowsWritten, PRICE.includedRowsWritten, PRICE.rowsWrittenPerMillion) +
    over(callbacks * lookups * 2, PRICE.includedRowsRead, PRICE.rowsReadPerMillion) +
    Math.max(0, gigabytes - PRICE.includedGigabytes) * PRICE.storagePerGigabyte;
  const kv =
    over(callbacks * KV.callback.writes, PRICE.includedKvWrites, PRICE.kvWritesPerMillion) +
    over(callbacks * lookups * KV.lookup.lists, PRICE.includedKvLists, PRICE.kvListsPerMillion) +
    over(callbacks * (KV.callback.reads + lookups * KV.lookup.reads), PRICE.includedKvReads, PRICE.kvReadsPerMillion);
  const queue = over(callbacks * QUEUE_OPERATIONS, PRICE.includedQueueOperations, PRICE.queueOperationsPerMillion);
  const directLimit = D1.queriesPerSecond / STATEMENTS.alone;
  return {
    averagePerSecond,
    peakPerSecond,
    gigabytes,
    freePlanDays: {
      requests: FREE_A_DAY.requests / (1 + lookups),
      rowsWritten: FREE_A_DAY.rowsWritten / rows,
      queue: FREE_A_DAY.queueOperations / QUEUE_OPERATIONS,
      kv: Math.min(
        FREE_A_DAY.kvWrites / KV.callback.writes,
        FREE_A_DAY.kvLists / Math.max(1, lookups * KV.lookup.lists),
      ),
    },
    fitsFreePlan: perDay * (1 + lookups) <= FREE_A_DAY.requests && perDay * rows <= FREE_A_DAY.rowsWritten,
    directLimitPerSecond: directLimit,
    queueLimitPerSecond: Math.min(D1.queriesPerSecond / STATEMENTS.inBatch, directLimit * BATCH_GAIN),
    databasesForSize: Math.max(1, Math.ceil(gigabytes / D1.gigabytes)),
    dollars: {
      direct: PRICE.plan + common + d1,
      queue: PRICE.plan + common + d1 + queue,
      kv: PRICE.plan + common + kv,
    },
  };
}

/** What a million callbacks more a month would add to the bill of the paid plan, written directly, in dollars a month. */
export const dollarsOfNextMillion = (load: Load): number =>
  figuresOf({ ...load, callbacks: load.callbacks + 1e6 }).dollars.direct - figuresOf(load).dollars.direct;

function report(load: Load): string {
  const figures = figuresOf(load);
  const number = (value: number): string =>
    value >= 100 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(2)));
  const { direct, queue, kv } = figures.dollars;
  const needed = figures.peakPerSecond;
  const room = Math.floor((load.days * D1.gigabytes) / figures.gigabytes);
  const retention =
    figures.databasesForSize === 1
      ? ""
      : room > 0
        ? `, and RETENTION_DAYS_JOBS of at most ${room}`
        : ", and several for room too: sharding is not built";
  const step =
    needed <= figures.directLimitPerSecond / 2
      ? "one D1, written directly"
      : needed <= figures.queueLimitPerSecond
        ? "one D1 behind a queue"
        : `${Math.ceil(needed / figures.queueLimitPerSecond)} databases behind queues, sharded by JobId`;
  return [
    `${number(load.callbacks)} callbacks a month of ${number(load.bytes)} bytes, ${load.rows} rows each, ${load.lookups} look-ups each, kept ${load.days} days`,
    "",
    `a second            ${number(figures.averagePerSecond)} on average, ${number(needed)} at the peak`,
    `one D1 takes        ${number(figures.directLimitPerSecond)} a second directly, ${number(figures.queueLimitPerSecond)} behind a queue`,
    `so use              ${step}${retention}`,
    `stored              ${number(figures.gigabytes)} GB, where one database holds ${D1.gigabytes} GB`,
    `free plan           ${figures.fitsFreePlan ? "enough" : "not enough"}: it takes ${number(Math.floor(Math.min(figures.freePlanDays.requests, figures.freePlanDays.rowsWritten)))} callbacks a day (rows ${number(Math.floor(figures.freePlanDays.rowsWritten))}, requests ${number(figures.freePlanDays.requests)}, queue ${number(figures.freePlanDays.queue)}, KV ${number(figures.freePlanDays.kv)})`,
    `paid plan a month   $${direct.toFixed(2)} directly, $${queue.toFixed(2)} with a queue, $${kv.toFixed(2)} with STORE=kv (its storage not counted)`,
    `a million more      $${dollarsOfNextMillion(load).toFixed(2)} a month directly, on top of this load`,
  ].join("\n");
}

if (import.meta.main) {
  const number = { type: "string" } as const;
  const { values } = parseArgs({
    options: {
      callbacks: number,
      bytes: number,
      rows: number,
      lookups: number,
      days: number,
      cpu: number,
      peak: number,
      help: { type: "boolean" },
    },
  });
  const load: Load = {
    callbacks: Number(values.callbacks ?? 1_000_000),
    bytes: Number(values.bytes ?? 3_000),
    rows: Number(values.rows ?? 5),
    lookups: Number(values.lookups ?? 3),
    days: Number(values.days ?? 90),
    cpu: Number(values.cpu ?? 1),
    peak: Number(values.peak ?? 20),
  };
  const wrong = Object.entries(load).find(([, value]) => !(value >= 0));
  if (wrong !== undefined) console.error(`--${wrong[0]} is not a number of 0 or more.`);
  if (values.help === true || wrong !== undefined) console.log(HELP);
  else console.log(report(load));
  process.exitCode = wrong === undefined ? 0 : 2;
}
