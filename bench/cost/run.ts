/**
 * What a callback costs in D1: rows written, index entries included, and bytes of database for each byte that was sent.
 * Each callback is posted to the built Worker with a JobId of its own, and the database is looked at afterwards.
 */
import { readdirSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { jobIdOf } from "../bodies.ts";
import { table, type Verdict, verdictTable, writeResults } from "../report.ts";
import type { Effort } from "../effort.ts";
import { buildWorker } from "../serve/build.ts";
import { startCounted, type Server, temporaryFolder } from "../serve/servers.ts";
import { compact, generatedPayloads, type Payload, publishedPayloads } from "./payloads.ts";

const CALLBACKS = 2_000;

/** In bytes, of all callbacks together. */
interface Room {
  sent: number;
  stored: number;
  /** Of what is stored: the bodies. */
  bodies: number;
  /** Rows and index entries written. */
  rows: number;
  /** Bytes of pages by table or index, for each callback. */
  parts: Record<string, number>;
}

export async function run({ quick }: Effort): Promise<void> {
  buildWorker();
  const callbacks = quick ? CALLBACKS / 10 : CALLBACKS;
  const kinds = {
    published: publishedPayloads(),
    "published, compact": compact(publishedPayloads()),
    generated: generatedPayloads(Date.now()),
  };
  if (kinds.published.length === 0) console.log("Published payloads are left out: set CORPUS_DIR to where they are.\n");
  const rooms = new Map<string, Room>();
  for (const [name, payloads] of Object.entries(kinds)) {
    if (payloads.length > 0) rooms.set(name, await roomOf(payloads, callbacks));
  }
  const rows = await rowsWritten();
  const ofEach = (of: (room: Room) => number) => [...rooms.values()].map(of);
  console.log(
    table(
      ["for each callback", ...rooms.keys()],
      [
        ["bytes sent", ...ofEach(({ sent }) => sent / callbacks)],
        ["bytes stored", ...ofEach(({ stored }) => stored / callbacks)],
        ["of which the body", ...ofEach(({ bodies }) => bodies / callbacks)],
        ["rows written", ...ofEach(({ rows }) => rows / callbacks)],
        ["bytes stored for each byte sent", ...ofEach(({ sent, stored }) => stored / sent)],
        ["the body, for each byte sent", ...ofEach(({ sent, bodies }) => bodies / sent)],
        ["the rest, for each row", ...ofEach(({ stored, bodies, rows }) => (stored - bodies) / rows)],
      ],
    ),
  );
  for (const [name, { parts }] of rooms) {
    const greatestFirst = Object.entries(parts).toSorted(([, a], [, b]) => b - a);
    console.log(`\n${table([`pages, ${name}`, "bytes a callback"], greatestFirst.slice(0, 8))}`);
  }
  const published = rooms.get("published");
  const verdicts: Verdict[] = [
    ...(published === undefined
      ? []
      : [
          {
            what: "bytes of database for each byte sent, published payloads",
            measured: published.stored / published.sent,
            target: ["at most", 0.45],
          } satisfies Verdict,
        ]),
    { what: "rows written for a segmentation", measured: rows.segmentation, target: ["at most", 5] },
    { what: "rows written for a job with everything set", measured: rows.everything, target: ["at most", 7] },
  ];
  console.log(`\n${verdictTable(verdicts)}`);
  writeResults("cost", { callbacks, rooms: Object.fromEntries(rooms), rows, verdicts });
}

/** Posts the payloads in turn, and says by how much the database has grown. */
async function roomOf(payloads: readonly Payload[], callbacks: number): Promise<Room> {
  const folder = temporaryFolder("cost");
  const server = await startCounted(folder);
  const before = await figuresOf(server);
  let sent = 0;
  for (let number = 0; number < callbacks; number += 1) {
    const payload = payloads[number % payloads.length] as Payload;
    const text = withOwnJobIds(payload, number);
    sent += Buffer.byteLength(text);
    await post(server, text);
  }
  const { bytes, rowsWritten: rows } = await figuresOf(server);
  await server.stop();
  return { sent, stored: bytes - before.bytes, rows, ...partsOf(folder, callbacks) };
}

const withOwnJobIds = ({ text, jobIds }: Payload, number: number): string =>
  jobIds.reduce(
    (whole, jobId, at) => whole.replaceAll(jobId, `${jobId[0]}${jobIdOf(number, `cost ${at}`).slice(1)}`),
    text,
  );

/** Rows that one callback writes. */
async function rowsWritten() {
  const server = await startCounted(temporaryFolder("rows"));
  const rowsOf = async (text: string) => {
    await post(server, text);
    return (await figuresOf(server)).rowsWritten;
  };
  await figuresOf(server);
  const rows = {
    segmentation: await rowsOf(segmentation(jobIdOf(1, "rows"), "")),
    everything: await rowsOf(
      segmentation(
        jobIdOf(2, "rows"),
        "<QueueId>p1</QueueId><State>Success</State><Operation><UserData>order 7</UserData></Operation><Workflow><RunId>i1</RunId></Workflow>",
      ),
    ),
  };
  await server.stop();
  return rows;
}

const segmentation = (jobId: string, more: string): string =>
  `<Response><EventName>TaskFinish</EventName><JobsDetail><Code>Success</Code><JobId>${jobId}</JobId><Tag>WordsGeneralize</Tag>` +
  `<Input><BucketId>bench-1250000000</BucketId><Object>a.txt</Object></Input>${more}</JobsDetail></Response>`;

async function post({ port }: Server, body: string): Promise<void> {
  const headers = { "content-type": body.trimStart().startsWith("<") ? "application/xml" : "application/json" };
  const response = await fetch(`http://127.0.0.1:${port}/callbacks/bench-key`, { method: "POST", headers, body });
  if (!response.ok) throw new Error(`A callback was answered ${response.status}: ${await response.text()}`);
  await response.body?.cancel();
}

async function figuresOf({ port }: Server): Promise<{ rowsWritten: number; bytes: number }> {
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { "x-figures": "1" } });
  return (await response.json()) as { rowsWritten: number; bytes: number };
}

/** What the file of the database says: its pages by table or index, and the bytes of bodies. */
function partsOf(folder: string, callbacks: number): Pick<Room, "bodies" | "parts"> {
  const databases = `${folder}/d1/miniflare-D1DatabaseObject`;
  const file = readdirSync(databases).find((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  const db = new DatabaseSync(`${databases}/${file}`);
  const pages = db.prepare("SELECT name, sum(pgsize) AS bytes FROM dbstat GROUP BY name").all();
  const { bodies } = db.prepare("SELECT sum(octet_length(body)) AS bodies FROM deliveries").get() as { bodies: number };
  db.close();
  const parts = (pages as { name: string; bytes: number }[]).map(({ name, bytes }) => [name, bytes / callbacks]);
  return { bodies, parts: Object.fromEntries(parts) as Record<string, number> };
}
