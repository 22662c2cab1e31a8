/** What grows with what: with the jobs that are stored, with the size of a body, with the number of connections. */
import { SIZES } from "../bodies.ts";
import { type Cells, median, medianRatio, table, type Verdict, verdictTable, writeResults } from "../report.ts";
import type { Effort } from "../effort.ts";
import { buildWorker } from "../serve/build.ts";
import {
  load,
  type LoadKind,
  type MeasuredLoad,
  peakMemory,
  type Server,
  startOurs,
  temporaryFolder,
} from "../serve/servers.ts";
import { seed, SEED_BODY_BYTES, SEED_SERIES } from "./seed.ts";

const UNBOUNDED = Number.MAX_SAFE_INTEGER;
const TOKEN = { authorization: "Bearer bench-token" };

export async function run({ quick }: Effort): Promise<void> {
  buildWorker();
  const stored = await withStored(quick ? [1_000, 10_000] : [1_000, 100_000, 1_000_000], quick);
  const bodies = await withBodySize(quick);
  const connections = await withConnections(quick);
  writeResults("growth", { stored, bodies, connections });
}

/** Look-ups, lists and callbacks in databases that hold more and more; all are up at once and take turns. */
async function withStored(counts: readonly number[], quick: boolean) {
  const servers: { server: Server; jobs: number; deepPage: string }[] = [];
  for (const jobs of counts) {
    const folder = temporaryFolder(`stored-${jobs}`);
    await seed(folder, jobs);
    const server = await startOurs(folder, false);
    servers.push({ server, jobs, deepPage: await deepPageOf(server, jobs) });
  }
  const common = {
    connections: 4,
    format: "xml",
    bodyBytes: SEED_BODY_BYTES,
    seconds: quick ? 1 : 2,
    requests: UNBOUNDED,
  } as const;
  const kinds: Record<string, (of: (typeof servers)[number], round: number) => LoadKind> = {
    "look-up": ({ jobs }) => ({ ...common, method: "GET", series: SEED_SERIES, jobs }),
    POST: ({ jobs }, round) => ({ ...common, method: "POST", series: `round ${round}`, jobs }),
    "first page": ({ jobs }) => ({ ...common, method: "GET", path: "/jobs?limit=20", series: "", jobs }),
    "deep page": ({ jobs, deepPage }) => ({ ...common, method: "GET", path: deepPage, series: "", jobs }),
    "first page of one object": ({ jobs }) => ({
      ...common,
      method: "GET",
      path: "/jobs?limit=20&object=reports/7.txt",
      series: "",
      jobs,
    }),
  };
  const rows: { what: string; jobs: number; rounds: MeasuredLoad[] }[] = [];
  for (const [what, kindOf] of Object.entries(kinds)) {
    const of = servers.map(({ jobs }) => ({ what, jobs, rounds: [] as MeasuredLoad[] }));
    for (const server of servers) await load(server.server, { ...kindOf(server, -1), seconds: 1 });
    for (let round = 0; round < (quick ? 1 : 5); round += 1) {
      const order = [...servers.keys()];
      for (const index of round % 2 === 0 ? order : order.toReversed()) {
        const server = servers[index] as (typeof servers)[number];
        of[index]?.rounds.push(await load(server.server, kindOf(server, round)));
      }
    }
    rows.push(...of);
  }
  for (const { server } of servers) await server.stop();
  const fewest = (what: string) => rows.find((row) => row.what === what)?.rounds ?? [];
  const cells = rows.map(({ what, jobs, rounds }): Cells => {
    const ratio = medianRatio(rounds.map(time), fewest(what).map(time));
    return [
      what,
      jobs.toLocaleString("en"),
      median(rounds.map(time)),
      median(rounds.map(p99)),
      median(rounds.map(cpu)),
      ratio,
    ];
  });
  console.log(
    table(["with 4 connections", "jobs stored", "ms/request", "p99 ms", "CPU ms/request", "time to the fewest"], cells),
  );
  const verdicts = rows
    .filter(({ what, jobs }) => jobs === counts.at(-1) && ["look-up", "POST", "first page"].includes(what))
    .map(({ what, rounds }): Verdict => ({
      what: `${what}: time with most to with fewest jobs`,
      measured: medianRatio(rounds.map(time), fewest(what).map(time)),
      target: ["at most", 1.2],
    }));
  console.log(`\n${verdictTable(verdicts)}\n`);
  return { rows, verdicts };
}

/** The path of a page with nine in ten jobs before it. */
async function deepPageOf(server: Server, jobs: number): Promise<string> {
  const before = new Date(Date.now() - jobs * 0.9 * 1000).toISOString();
  const path = `/jobs?limit=20&receivedBefore=${encodeURIComponent(before)}`;
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { headers: TOKEN });
  const { next } = (await response.json()) as { next: string };
  return `${path}&cursor=${encodeURIComponent(next)}`;
}

/** One request at a time, and the most memory that workerd had, each size in a fresh one. */
async function withBodySize(quick: boolean) {
  const rows: { size: string; bytes: number; post: MeasuredLoad; get: MeasuredLoad; mebibytes: number | null }[] = [];
  for (const [size, bytes] of Object.entries(SIZES)) {
    const server = await startOurs();
    const kind = { connections: 1, format: "xml", bodyBytes: bytes, jobs: 8, series: "size" } as const;
    await load(server, { ...kind, method: "POST", seconds: 30, requests: 8 });
    const seconds = quick ? 1 : 4;
    const post = await load(server, { ...kind, method: "POST", seconds, requests: UNBOUNDED, series: "more" });
    const get = await load(server, { ...kind, method: "GET", seconds, requests: UNBOUNDED });
    rows.push({ size, bytes, post, get, mebibytes: peakMemory(server.pid) });
    await server.stop();
  }
  const cells = rows.map(({ size, bytes, post, get, mebibytes }): Cells => [
    size,
    post.p50,
    cpu(post),
    (cpu(post) / bytes) * 1e6,
    get.p50,
    cpu(get),
    (cpu(get) / bytes) * 1e6,
    mebibytes,
  ]);
  console.log(
    table(
      ["body", "POST p50 ms", "CPU ms", "CPU ms/MB", "GET p50 ms", "CPU ms", "CPU ms/MB", "peak memory, MiB"],
      cells,
    ),
  );
  return rows;
}

async function withConnections(quick: boolean) {
  const server = await startOurs();
  const common = { format: "xml", bodyBytes: 2_000, jobs: 200 } as const;
  await load(server, { ...common, connections: 4, method: "POST", seconds: 30, requests: common.jobs, series: "kept" });
  const rows: { connections: number; post: MeasuredLoad; get: MeasuredLoad }[] = [];
  for (const connections of quick ? [1, 256] : [1, 4, 16, 64, 256]) {
    const kind = { ...common, connections, seconds: quick ? 1 : 4, requests: UNBOUNDED } as const;
    const post = await load(server, { ...kind, method: "POST", series: `of ${connections}` });
    const get = await load(server, { ...kind, method: "GET", series: "kept" });
    rows.push({ connections, post, get });
  }
  await server.stop();
  const cells = rows.map(({ connections, post, get }): Cells => [
    String(connections),
    post.perSecond,
    post.p50,
    post.p99,
    get.perSecond,
    get.p50,
    get.p99,
  ]);
  console.log(`\n${table(["connections, 2 KB", "POST/s", "p50 ms", "p99 ms", "GET/s", "p50 ms", "p99 ms"], cells)}`);
  return rows;
}

const time = ({ perSecond }: MeasuredLoad): number => 4000 / perSecond;
const p99 = (load: MeasuredLoad): number => load.p99;
const cpu = (load: MeasuredLoad): number => load.cpuPerRequest ?? Number.NaN;
