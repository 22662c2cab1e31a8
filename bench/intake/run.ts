/** What batches bring: callbacks a second that one consumer of the queue stores, a hundred at a time against one at a time. */
import { callbackBody, jobIdOf, SIZES } from "../bodies.ts";
import { median, medianRatio, table, type Verdict, verdictTable, writeResults } from "../report.ts";
import type { Effort } from "../effort.ts";
import { buildWorker } from "../serve/build.ts";
import { type Server, startConsumer } from "../serve/servers.ts";

/** Bodies that travel in a message whole; much larger ones go to the store first. */
const MEASURED = ["2 KB", "30 KB"] as const;

/** Batches in one request to the consumer, by how many messages each has. */
const BATCHES = { 1: 100, 100: 10 } as const;

export async function run({ quick }: Effort): Promise<void> {
  buildWorker();
  const server = await startConsumer();
  const rows = [];
  for (const size of MEASURED) {
    const perSecond = { 1: [] as number[], 100: [] as number[] };
    for (const batchSize of [1, 100] as const) await storedPerSecond(server, SIZES[size], batchSize, 1);
    for (let round = 0; round < (quick ? 1 : 7); round += 1) {
      for (const batchSize of round % 2 === 0 ? ([1, 100] as const) : ([100, 1] as const))
        perSecond[batchSize].push(await storedPerSecond(server, SIZES[size], batchSize, quick ? 1 : 5));
    }
    rows.push({ size, perSecond });
  }
  await server.stop();
  console.log(
    table(
      ["callbacks a second", "batches of 1", "batches of 100", "times as many"],
      rows.map(({ size, perSecond }) => [
        size,
        median(perSecond[1]),
        median(perSecond[100]),
        medianRatio(perSecond[100], perSecond[1]),
      ]),
    ),
  );
  // What a larger body costs is mostly to carry and to read it, and that is the same in any batch.
  const [small] = rows as [(typeof rows)[number]];
  const verdicts: Verdict[] = [
    {
      what: `${small.size}: batches of 100 against batches of 1`,
      measured: medianRatio(small.perSecond[100], small.perSecond[1]),
      target: ["at least", 10],
    },
  ];
  console.log(`\n${verdictTable(verdicts)}`);
  writeResults("intake", { rows, verdicts });
}

async function storedPerSecond(server: Server, bytes: number, batchSize: 1 | 100, requests: number): Promise<number> {
  const jobId = jobIdOf(0);
  const headers = { "x-job-id": jobId, "x-batches": String(BATCHES[batchSize]), "x-batch-size": String(batchSize) };
  const body = callbackBody("xml", bytes, jobId);
  const start = performance.now();
  let stored = 0;
  for (let request = 0; request < requests; request += 1) {
    const response = await fetch(`http://127.0.0.1:${server.port}/`, { method: "POST", headers, body });
    stored += ((await response.json()) as { acknowledged: number }).acknowledged;
  }
  if (stored !== requests * BATCHES[batchSize] * batchSize) throw new Error("Not all of a batch was stored.");
  return stored / ((performance.now() - start) / 1000);
}
