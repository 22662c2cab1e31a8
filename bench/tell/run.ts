/**
 * What telling the user's system costs: a POST with forwarding on against one with it off, the time from the answer to
 * the event, and events a second by a queue, one by one and by the cron. The endpoint runs on the same machine.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { callbackBody, jobIdOf, SIZES } from "../bodies.ts";
import { digits, median, medianRatio, table, type Verdict, verdictTable, writeResults } from "../report.ts";
import type { Effort } from "../effort.ts";
import { buildWorker } from "../serve/build.ts";
import { load, type MeasuredLoad, type Server, startOurs, startTeller, startTelling } from "../serve/servers.ts";
import { type Endpoint, startEndpoint } from "./endpoint.ts";

const BYTES = SIZES["2 KB"];

/** Connections of a load that uses all there is. */
const CONNECTIONS = 16;

/** Between an answer and the next callback that is sent alone, in milliseconds: the attempt is over by then. */
const PAUSE_MILLISECONDS = 30;

/** How many messages each batch of the queue has; 0 is the cron. */
const WAYS = { "one message at a time": 1, "batches of 100": 100, "the cron": 0 } as const;

const EVENTS = 200;

export async function run({ quick }: Effort): Promise<void> {
  buildWorker();
  const endpoint = await startEndpoint();
  const servers = {
    off: await startOurs(),
    // Without a secret to sign with, events are written and wait.
    "writing events only": await startTelling(endpoint.url, { FORWARD_SECRETS: "" }),
    on: await startTelling(endpoint.url),
  };
  const teller = await startTeller(endpoint.url);
  const alone = await measureAlone(servers, endpoint, quick ? 200 : 1_000);
  const loads = await measureLoads(servers, endpoint, quick);
  const told = await measureTelling(teller, quick ? 1 : 5);
  for (const server of [...Object.values(servers), teller]) await server.stop();
  endpoint.stop();
  report(alone, loads, told);
}

type Way = "off" | "writing events only" | "on";
const FORWARDING: readonly Way[] = ["off", "writing events only", "on"];

interface Alone {
  /** How long each callback waited for its answer, in milliseconds. */
  waits: Record<Way, number[]>;
  /** From each answer to its event, with forwarding on. An event may come before its answer is read. */
  delays: number[];
}

/** Callbacks one after the other, to each server in turn, with nothing else going on. */
async function measureAlone(servers: Record<Way, Server>, { came }: Endpoint, count: number): Promise<Alone> {
  const waits: Alone["waits"] = { off: [], "writing events only": [], on: [] };
  const answered = new Map<string, number>();
  const warm = Math.ceil(count / 10);
  for (let at = 0; at < warm + count; at += 1) {
    for (const way of at % 2 === 0 ? FORWARDING : FORWARDING.toReversed()) {
      const jobId = jobIdOf(at, "alone");
      const body = callbackBody("xml", BYTES, jobId);
      const start = performance.now();
      const url = `http://127.0.0.1:${servers[way].port}/callbacks/bench-key`;
      const response = await fetch(url, { method: "POST", body });
      const end = performance.now();
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`A callback was answered ${response.status}.`);
      if (at >= warm) waits[way].push(end - start);
      if (at >= warm && way === "on") answered.set(jobId, performance.timeOrigin + end);
      await sleep(PAUSE_MILLISECONDS);
    }
  }
  await sleep(2_000);
  return { waits, delays: [...answered].map(([jobId, at]) => (came.get(jobId) ?? Infinity) - at) };
}

type Loads = Record<Way, MeasuredLoad[]>;

/** As many callbacks as it takes, so that the attempts compete with them for two cores and one database. */
async function measureLoads(servers: Record<Way, Server>, endpoint: Endpoint, quick: boolean): Promise<Loads> {
  const loads: Loads = { off: [], "writing events only": [], on: [] };
  for (let round = 0; round < (quick ? 1 : 7); round += 1) {
    for (const way of round % 2 === 0 ? FORWARDING : FORWARDING.toReversed()) {
      loads[way].push(
        await load(servers[way], {
          method: "POST",
          format: "xml",
          bodyBytes: BYTES,
          connections: CONNECTIONS,
          seconds: quick ? 1 : 4,
          requests: Number.MAX_SAFE_INTEGER,
          jobs: 0,
          series: `load-${round}`,
        }),
      );
      await untilQuiet(endpoint);
    }
  }
  return loads;
}

/** Until no event has come for a while: what is told late is not to slow the next load. */
async function untilQuiet({ came }: Endpoint): Promise<void> {
  for (let before = -1; before !== came.size;) {
    before = came.size;
    await sleep(500);
  }
}

type Told = Record<keyof typeof WAYS, number[]>;

async function measureTelling(teller: Server, rounds: number): Promise<Told> {
  const told: Told = { "one message at a time": [], "batches of 100": [], "the cron": [] };
  const ways = Object.keys(WAYS) as (keyof typeof WAYS)[];
  for (let round = 0; round <= rounds; round += 1) {
    for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
      const perSecond = await toldPerSecond(teller, WAYS[way]);
      // The first round warms.
      if (round > 0) told[way].push(perSecond);
    }
  }
  return told;
}

async function toldPerSecond({ port }: Server, batchSize: number): Promise<number> {
  const jobId = jobIdOf(0, "told");
  const headers = { "x-job-id": jobId, "x-events": String(EVENTS), "x-batch-size": String(batchSize) };
  const body = callbackBody("xml", BYTES, jobId);
  const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers, body });
  const { told, milliseconds } = (await response.json()) as { told: number; milliseconds: number };
  if (told !== EVENTS) throw new Error(`${told} of ${EVENTS} events were told.`);
  return told / (milliseconds / 1000);
}

const quantile = (numbers: readonly number[], share: number): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
};

function report({ waits, delays }: Alone, loads: Loads, told: Told): void {
  const cells = FORWARDING.map((way) => [
    way,
    quantile(waits[way], 0.5),
    quantile(waits[way], 0.99),
    ...(["perSecond", "p50", "cpuPerRequest"] as const).map((of) =>
      median(loads[way].map((one) => one[of] ?? Number.NaN)),
    ),
  ]);
  const head = [
    "POST 2 KB, forwarding",
    "alone: p50 ms",
    "p99 ms",
    `${CONNECTIONS} at once: requests/s`,
    "p50 ms",
    "CPU ms each",
  ];
  console.log(`\n${table(head, cells)}`);
  const [middle, late] = [quantile(delays, 0.5), quantile(delays, 0.99)];
  console.log(`\nFrom the answer to the event: median ${digits(middle)} ms, p99 ${digits(late)} ms.\n`);
  console.log(
    table(
      ["events a second", ""],
      Object.entries(told).map(([way, perSecond]) => [way, median(perSecond)]),
    ),
  );
  const verdicts: Verdict[] = [
    {
      what: "what a sender waits, off against on",
      measured: quantile(waits.off, 0.5) / quantile(waits.on, 0.5),
      target: ["at least", 0.8],
    },
    { what: "median from the answer to the event, in ms", measured: middle, target: ["at most", 1_000] },
    {
      what: "events a second, batches of 100 against one at a time",
      measured: medianRatio(told["batches of 100"], told["one message at a time"]),
      target: ["at least", 2],
    },
  ];
  console.log(`\n${verdictTable(verdicts)}`);
  writeResults("tell", { waits, delays, loads, told, verdicts });
}
