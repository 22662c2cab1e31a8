/**
 * The built Worker in workerd against the limit of the platform and against what one would write without it. All
 * servers are up at once and take their turns, in an order that changes; ratios are of the same round.
 */
import { SIZES } from "../bodies.ts";
import { type Cells, median, medianRatio, table, type Verdict, verdictTable, writeResults } from "../report.ts";
import type { Effort } from "../effort.ts";
import { buildWorker } from "./build.ts";
import {
  load,
  type LoadKind,
  type MeasuredLoad,
  type Server,
  startBare,
  startExpress,
  startOurs,
  startWebhook,
} from "./servers.ts";

type Size = keyof typeof SIZES;

/** D1 holds at most 2,000,000 bytes in a row, so that one statement does not keep 8 MB. */
const BARE_BYTES = 2_000_000;

/** The system hands one string of at most 128 KiB to a command. */
const WEBHOOK_BYTES = 128 * 1024;

const takes = ({ dialect }: Server, method: LoadKind["method"], size: Size): boolean => {
  if (dialect === "bare") return SIZES[size] <= BARE_BYTES;
  return dialect !== "webhook" || (method === "POST" && SIZES[size] <= WEBHOOK_BYTES);
};

const CONNECTIONS: Record<Size, number> = { "2 KB": 16, "30 KB": 16, "110 KB": 16, "1.1 MB": 4, "8 MB": 2 };

/** Jobs posted before they are looked up, and when the load is warmed. */
const JOBS: Record<Size, number> = { "2 KB": 1000, "30 KB": 300, "110 KB": 100, "1.1 MB": 20, "8 MB": 6 };

const UNBOUNDED = Number.MAX_SAFE_INTEGER;

interface Row {
  method: LoadKind["method"];
  size: Size;
  server: string;
  rounds: MeasuredLoad[];
}

export async function run({ quick }: Effort): Promise<void> {
  buildWorker();
  const servers = [await startOurs(), await startBare(), await startExpress()];
  try {
    servers.push(await startWebhook());
  } catch {
    console.log("adnanh/webhook is left out: there is no `webhook` here (Debian: apt-get install webhook).\n");
  }
  const rows: Row[] = [];
  for (const size of Object.keys(SIZES) as Size[]) {
    const kind = { connections: CONNECTIONS[size], format: "xml", bodyBytes: SIZES[size], jobs: JOBS[size] } as const;
    const series = (round: number) => `${Object.keys(SIZES).indexOf(size) + 1}${round}`;
    for (const server of servers.filter((server) => takes(server, "POST", size))) {
      await load(server, { ...kind, method: "POST", seconds: 60, requests: JOBS[size], series: series(0) });
    }
    for (const method of ["POST", "GET"] as const) {
      const taking = servers.filter((server) => takes(server, method, size));
      const measured = new Map<Server, MeasuredLoad[]>(taking.map((server) => [server, []]));
      for (let round = 0; round < (quick ? 1 : 5); round += 1) {
        for (const server of round % 2 === 0 ? taking : taking.toReversed()) {
          const seconds = quick ? 1 : 2;
          const of = series(method === "POST" ? round + 1 : 0);
          measured.get(server)?.push(await load(server, { ...kind, method, seconds, requests: UNBOUNDED, series: of }));
        }
      }
      rows.push(...[...measured].map(([server, rounds]) => ({ method, size, server: server.name, rounds })));
      console.log(`${method} ${size}: done`);
    }
  }
  for (const server of servers) await server.stop();
  report(rows);
}

function report(rows: readonly Row[]): void {
  const ofOurs = (row: Row): MeasuredLoad[] =>
    rows.find(({ method, size, server }) => method === row.method && size === row.size && server === "ours")?.rounds ??
    [];
  const cells = rows.map((row): Cells => {
    const middle = (of: (load: MeasuredLoad) => number) => median(row.rounds.map(of));
    const ratio = row.server === "ours" ? null : medianRatio(ofOurs(row).map(perSecond), row.rounds.map(perSecond));
    return [`${row.method} ${row.size}`, row.server, middle(perSecond), middle(p50), middle(p99), middle(cpu), ratio];
  });
  console.log(`\n${table(["", "server", "requests/s", "p50 ms", "p99 ms", "CPU ms/request", "ours to it"], cells)}`);
  const verdicts = rows
    .filter(({ server }) => server === "bare Worker")
    .flatMap((row): Verdict[] => [
      {
        what: `${row.method} ${row.size}: requests/s of the bare Worker's`,
        measured: medianRatio(ofOurs(row).map(perSecond), row.rounds.map(perSecond)),
        target: ["at least", row.method === "POST" ? 0.85 : 0.9],
      },
      {
        what: `${row.method} ${row.size}: p99 of the bare Worker's`,
        measured: medianRatio(ofOurs(row).map(p99), row.rounds.map(p99)),
        target: ["at most", 1.3],
      },
    ]);
  console.log(`\n${verdictTable(verdicts)}`);
  writeResults("serve", { connections: CONNECTIONS, rows, verdicts });
}

const perSecond = (load: MeasuredLoad): number => load.perSecond;
const p50 = (load: MeasuredLoad): number => load.p50;
const p99 = (load: MeasuredLoad): number => load.p99;
const cpu = (load: MeasuredLoad): number => load.cpuPerRequest ?? Number.NaN;
