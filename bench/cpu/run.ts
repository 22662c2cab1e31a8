/**
 * The CPU time that the Worker itself takes, which is what a plan limits: the built Worker on a D1 that answers at
 * once, one request at a time, less what an empty Worker takes for the same bytes. Says up to which body size a
 * callback and a look-up stay within the 10 ms of the free plan.
 */
import { SIZES } from "../bodies.ts";
import { median, table, writeResults } from "../report.ts";
import type { Effort } from "../effort.ts";
import { buildWorker } from "../serve/build.ts";
import { load, type LoadKind, startEmpty, startInstant } from "../serve/servers.ts";

type Size = keyof typeof SIZES;

/** developers.cloudflare.com/workers/platform/limits */
const FREE_PLAN_MILLISECONDS = 10;

const JOBS = 4;
const KINDS = [
  { what: "POST, XML", method: "POST", format: "xml" },
  { what: "POST, JSON", method: "POST", format: "json" },
  { what: "GET, XML", method: "GET", format: "xml" },
  { what: "GET, JSON", method: "GET", format: "json" },
] as const;

export async function run({ quick }: Effort): Promise<void> {
  buildWorker();
  const ours = await startInstant();
  const empty = await startEmpty();
  const sizes = Object.keys(SIZES) as Size[];
  const own = KINDS.map(({ what }) => ({
    what,
    rounds: Object.fromEntries(sizes.map((size) => [size, [] as number[]])) as Record<Size, number[]>,
  }));
  for (const [at, size] of sizes.entries()) {
    const common = { connections: 1, bodyBytes: SIZES[size], jobs: JOBS } as const;
    for (const [index, { method, format }] of KINDS.entries()) {
      const kept: LoadKind = {
        ...common,
        method: "POST",
        format,
        seconds: 60,
        requests: JOBS,
        series: `${at}${index}`,
        headers: { "x-through": "1" },
      };
      const kind: LoadKind = {
        ...common,
        method,
        format,
        seconds: quick ? 0.5 : 3,
        requests: Number.MAX_SAFE_INTEGER,
        series: `${at}${index}`,
      };
      await load(ours, kept);
      await load(ours, { ...kind, seconds: 2 });
      for (let round = 0; round < (quick ? 1 : 5); round += 1) {
        const [whole, base] = [await load(ours, kind), await load(empty, kind)];
        own[index]?.rounds[size].push((whole.cpuPerRequest ?? Number.NaN) - (base.cpuPerRequest ?? Number.NaN));
      }
    }
  }
  await ours.stop();
  await empty.stop();
  const medians = own.map(({ what, rounds }) => ({
    what,
    points: sizes.map((size) => ({ bytes: SIZES[size], ms: median(rounds[size]) })),
  }));
  console.log("CPU milliseconds of the Worker for one request\n");
  console.log(
    table(
      ["", ...sizes, `${FREE_PLAN_MILLISECONDS} ms up to`],
      medians.map(({ what, points }) => [
        what,
        ...points.map(({ ms }) => ms),
        kilobytes(sizeAt(FREE_PLAN_MILLISECONDS, points)),
      ]),
    ),
  );
  writeResults("cpu", { unit: "CPU milliseconds per request", own });
}

interface Point {
  bytes: number;
  ms: number;
}

/** The size at which a line through the measured points passes `limit`; null if all are below it. */
function sizeAt(limit: number, points: readonly Point[]): number | null {
  const next = points.findIndex(({ ms }) => ms > limit);
  const [a, b] = [points[next - 1], points[next]];
  return a === undefined || b === undefined ? null : a.bytes + ((limit - a.ms) / (b.ms - a.ms)) * (b.bytes - a.bytes);
}

const kilobytes = (bytes: number | null): string => (bytes === null ? "-" : `${Math.round(bytes / 10_000) * 10} KB`);
