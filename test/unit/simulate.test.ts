/** The generator of callbacks, held against the receiver's own reader, and the simulator around it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { parseCallback } from "../../src/callback/callback.ts";
import { jobRank } from "../../src/callback/state.ts";
import type { JobReading } from "../../src/callback/types.ts";
import {
  type Callback,
  canBeEarly,
  FORMATS,
  generateCallback,
  type Kind,
  kindsOf,
  SHAPE_NAMES,
} from "../../tools/callbacks/callback.ts";
import { TAGS } from "../../tools/callbacks/job-types.ts";
import { planDeliveries, type PlanOptions } from "../../tools/callbacks/plan.ts";
import { Random } from "../../tools/callbacks/random.ts";
import { writeSegmentation } from "../../tools/callbacks/sentences.ts";
import { readOptions } from "../../tools/simulate/options.ts";
import { type Answer, type Pace, sendAll } from "../../tools/simulate/send.ts";
import { count, newTally, percentile } from "../../tools/simulate/tally.ts";
import { differenceOf } from "../../tools/simulate/verify.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const ALL_KINDS = kindsOf(TAGS, FORMATS, SHAPE_NAMES);
const SEGMENTATION: Kind = { shape: "response", format: "xml", tag: "WordsGeneralize" };

/** What the receiver reads from a callback, as a look-up shows it. */
function jobsRead({ body }: Callback) {
  const reading = parseCallback(body);
  if (!reading.ok) throw new Error(reading.error.reason);
  return reading.value.jobs.map(({ jobId, tag, state, userData, workflow, detail }: JobReading) => {
    return { jobId, tag, state, userData, runId: workflow?.runId ?? null, detail: structuredClone({ ...detail }) };
  });
}

test("there are 28 job types, and each comes in every envelope that holds one", () => {
  expect(TAGS).toHaveLength(28);
  expect(ALL_KINDS).toHaveLength(28 * 10 + 5);
});

const ENVELOPES = Map.groupBy(ALL_KINDS, ({ shape, format }) => `${shape}, ${format}`);

test.each([...ENVELOPES])("%s: every job type is read as it was described, ended, failed or under way", (_, kinds) => {
  for (const [index, kind] of kinds.entries()) {
    const request = { seed: "every kind", index, kind, now: NOW };
    const callbacks = [generateCallback(request), generateCallback({ ...request, failed: true })];
    if (canBeEarly(kind)) callbacks.push(generateCallback({ ...request, early: true }));
    for (const callback of callbacks)
      expect({ kind, jobs: jobsRead(callback) }).toEqual({ kind, jobs: callback.expected });
  }
});

const bodiesOf = (seed: string) =>
  ALL_KINDS.map((kind, index) => generateCallback({ seed, index, kind, now: NOW }).body);

test("one seed gives the same bytes again, and another seed others", () => {
  const bodies = new Set(bodiesOf("a"));
  expect(bodiesOf("a").filter((body) => !bodies.has(body))).toEqual([]);
  expect(bodiesOf("b").filter((body) => bodies.has(body))).toEqual([]);
});

test("the bytes of a seed stay the same from release to release", () => {
  const body = generateCallback({ seed: "1", index: 3, kind: SEGMENTATION, now: NOW, tokens: 2 }).body;
  expect(body).toMatchInlineSnapshot(
    `"<Response><EventName>TaskFinish</EventName><JobsDetail><Code>Success</Code><CreationTime>2026-01-01T07:28:35+0800</CreationTime><EndTime>2026-01-01T07:30:01+0800</EndTime><Input><BucketId>examplebucket-1250000000</BucketId><Object>input/R&amp;D/报告.txt</Object><Region>ap-singapore</Region></Input><JobId>a7d05546aea7911edb0c2281568940ca7</JobId><Message>success</Message><Operation><WordsGeneralize><NerMethod>DL</NerMethod><SegMethod>MIX</SegMethod></WordsGeneralize><WordsGeneralizeResult><WordsGeneralizeLable><Category>地点</Category><Word>北京</Word></WordsGeneralizeLable><WordsGeneralizeToken><Length>1</Length><Offset>0</Offset><Pos>p</Pos><Word>从</Word></WordsGeneralizeToken><WordsGeneralizeToken><Length>2</Length><Offset>1</Offset><Pos>ns</Pos><Word>北京</Word></WordsGeneralizeToken></WordsGeneralizeResult><JobLevel>0</JobLevel></Operation><Tag>WordsGeneralize</Tag></JobsDetail></Response>"`,
  );
});

test("a job has one JobId whatever its state: 33 characters, unlike any other", () => {
  const kinds = ALL_KINDS.filter(({ tag }) => tag !== null);
  const idsOf = (early: boolean) =>
    kinds.flatMap((kind, index) => generateCallback({ seed: "ids", index, kind, now: NOW, early }).jobIds);
  const ids = idsOf(false);
  expect(idsOf(true)).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !/^[acdfjs][0-9a-f]{32}$/.test(id))).toEqual([]);
});

test("the offset and length of each token point at its word, in characters", () => {
  for (let seed = 0; seed < 50; seed += 1) {
    const { text, tokens } = writeSegmentation(new Random("segmentation", seed), 60);
    const characters = Array.from(text);
    expect(tokens).toHaveLength(60);
    for (const { word, offset, length } of tokens)
      expect(characters.slice(offset, offset + length).join("")).toBe(word);
  }
});

const PLAN: PlanOptions = {
  seed: "plan",
  now: NOW,
  kinds: ALL_KINDS,
  count: 800,
  tokens: 10,
  duplicates: 10,
  outOfOrder: 20,
  failed: 15,
  malformed: 10,
  workflow: 25,
};

function outcomeOf({ body }: Callback): string {
  const reading = parseCallback(body);
  if (!reading.ok) return reading.error.code;
  return reading.value.jobs.length === 0 ? "no-job" : "stored";
}

test("a plan has what was asked for, and its deliveries are what they are said to be", () => {
  const deliveries = [...planDeliveries(PLAN)];
  const roles = Map.groupBy(deliveries, ({ role }) => role);
  expect(roles.get("final")).toHaveLength(800);
  const bodies = new Set(roles.get("final")?.map(({ callback }) => callback.body));
  expect(roles.get("duplicate")?.every(({ callback }) => bodies.has(callback.body))).toBe(true);
  const outcomes = deliveries.map(({ callback }) => ({ outcome: outcomeOf(callback), body: callback.body }));
  expect(outcomes).toEqual(deliveries.map(({ callback: { outcome, body } }) => ({ outcome, body })));
  const shares = [...roles].map(([role, { length }]) => [role, length > 0] as const);
  expect(Object.fromEntries(shares)).toEqual({
    final: true,
    "late notice": true,
    duplicate: true,
    "workflow end": true,
  });
});

test("the last word on a job is its final callback, in whatever order they come", () => {
  const said = new Map<string, { rank: string; role: string }[]>();
  for (const { callback, role } of planDeliveries(PLAN)) {
    const reading = parseCallback(callback.body);
    for (const job of reading.ok ? reading.value.jobs : []) {
      said.set(job.jobId, [...(said.get(job.jobId) ?? []), { rank: jobRank(job, ""), role }]);
    }
  }
  for (const readings of said.values()) {
    const first = readings.toSorted((a, b) => (a.rank < b.rank ? 1 : -1))[0];
    expect(["final", "duplicate"]).toContain(first?.role);
  }
});

test.each([
  [["--tag", "Nonsense"], /^--tag nonsense is none of WordsGeneralize, .*, all\.$/],
  [["--shape", "round"], /^--shape round is none of usual, response, .*, all\.$/],
  [["--shape", "bare-object", "--format", "xml"], /^--shape bare-object does not come in xml\.$/],
  [["--format", "yaml"], /^--format yaml is none of xml, json, both\.$/],
  [["--count", "0"], /^--count 0 is not a whole number from 1 to 10000000\.$/],
  [["--count", "1.5"], /^--count 1\.5 is not a whole number/],
  [["--failed", "101"], /^--failed 101 is not a number from 0 to 100\.$/],
  [["--rate", ""], /^--rate {2}is not a number/],
  [["--now", "soon"], /^--now soon is no time; write it as 2026-01-01T00:00:00Z\.$/],
  [["--count"], /^Option '--count <value>' argument missing/],
  [["--colour"], /^Unknown option '--colour'/],
  [["ftp://example.com"], /^ftp:\/\/example\.com is no URL/],
  [["http://a.example", "http://b.example"], /^One callback URL is taken, and here are 2/],
  [["--verify", "http://a.example/hook"], /^--verify finds the look-ups beside the callbacks/],
])("%j is wrong usage", (args, fault) => {
  const read = readOptions(args, { env: {}, present: NOW, anySeed: "any" });
  expect(read).toEqual({ ok: false, error: expect.stringMatching(fault) });
});

test("without options, a segmentation goes to a local run in both formats", () => {
  const read = readOptions([], { env: { LOOKUP_TOKEN: "secret" }, present: NOW + 1, anySeed: "any" });
  expect(read).toEqual({
    ok: true,
    value: {
      url: new URL("http://localhost:8787/callbacks/local-callback-key"),
      plan: {
        seed: "any",
        now: NOW + 1,
        kinds: [
          { shape: "response", format: "xml", tag: "WordsGeneralize" },
          { shape: "wrapped-object", format: "json", tag: "WordsGeneralize" },
        ],
        count: 2,
        tokens: 40,
        duplicates: 0,
        outOfOrder: 0,
        failed: 0,
        malformed: 0,
        workflow: 0,
      },
      files: [],
      rate: 0,
      concurrency: 4,
      retries: 0,
      timeoutSeconds: 30,
      verify: false,
      token: "secret",
      json: false,
    },
  });
});

test("a seed without a time has a fixed one, and files alone leave no plan", () => {
  const options = (...args: string[]) => {
    const read = readOptions(args, { env: {}, present: NOW + 1, anySeed: "any" });
    return read.ok && read.value !== "help" ? read.value : undefined;
  };
  expect(options("--seed", "s")?.plan?.now).toBe(NOW);
  expect(options("--file", "a.xml")?.plan).toBeUndefined();
  expect(options("--file", "a.xml", "--count", "1")?.plan?.count).toBe(1);
  expect(options("--tag", "tts,TRANSCODE", "--tag", "Snapshot")?.plan?.kinds.map(({ tag }) => tag)).toEqual([
    "Tts",
    "Transcode",
    "Snapshot",
    "Tts",
    "Transcode",
    "Snapshot",
  ]);
});

/** A server on a port of its own; undefined drops the connection. */
async function withServer<T>(
  statuses: (number | undefined)[],
  use: (url: URL, server: Server) => Promise<T>,
): Promise<T> {
  const server = createServer((request, response) => {
    const status = statuses.shift();
    if (status === undefined) return void request.socket.destroy();
    response.writeHead(status, { "retry-after": "0" }).end(JSON.stringify({ status: "stored" }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await use(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/callbacks/key`), server);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

async function answersOf(pace: Partial<Pace> & { url: URL }, letters = 1): Promise<Answer[]> {
  const answers: Answer[] = [];
  const all = Array.from({ length: letters }, () => ({ body: "<Response/>", headers: {} }));
  const signal = new AbortController().signal;
  await sendAll(
    all.values(),
    { rate: 0, concurrency: 1, retries: 0, timeoutSeconds: 5, signal, ...pace },
    (_, answer) => answers.push(answer),
  );
  return answers;
}

test("a 503 or a dropped connection is tried again only where asked for", async () => {
  const once503 = await withServer([503, 200], (url) => answersOf({ url }));
  expect(once503).toMatchObject([{ status: 503, tries: 1 }]);
  const twice = await withServer([503, undefined, 200], (url) => answersOf({ url, retries: 2 }));
  expect(twice).toMatchObject([{ status: 200, tries: 3, said: { status: "stored" } }]);
  const dropped = await withServer([undefined], (url) => answersOf({ url }));
  expect(dropped).toMatchObject([
    { status: 0, unreachable: false, fault: expect.stringMatching(/^the connection was dropped/) },
  ]);
});

test("a refused connection is told in words", async () => {
  const url = await withServer([], (address) => Promise.resolve(address));
  expect(await answersOf({ url })).toMatchObject([
    { status: 0, unreachable: true, fault: "the connection was refused: nothing listens there" },
  ]);
});

test("an answer is held against what its callback should have brought about", () => {
  const callback = generateCallback({ seed: "judge", index: 0, kind: SEGMENTATION, now: NOW });
  const answer: Answer = {
    status: 200,
    said: { status: "stored", delivery: "d1", jobs: callback.jobIds },
    fault: null,
    unreachable: false,
    milliseconds: 1,
    tries: 1,
  };
  const faultsOf = (change: Partial<Answer>) => {
    const tally = newTally();
    count(tally, { name: "it", body: callback.body, callback, digest: "d1" }, { ...answer, ...change });
    return tally.faults.first;
  };
  expect(faultsOf({})).toEqual([]);
  expect(faultsOf({ said: { ...answer.said, status: "duplicate" } })).toEqual([]);
  expect(faultsOf({ status: 202, said: { status: "spilled", delivery: "d1" } })).toEqual([]);
  expect(faultsOf({ said: { ...answer.said, delivery: "d2" } })).toEqual([
    "it: the answer names another delivery than was sent",
  ]);
  expect(faultsOf({ said: { ...answer.said, jobs: [] } })).toEqual([
    `it: expected the jobs ${callback.jobIds[0]}, got []`,
  ]);
  expect(faultsOf({ status: 503, said: { title: "The store cannot be reached" } })).toEqual([
    "it: expected stored, got unavailable (503): The store cannot be reached",
  ]);
  expect(faultsOf({ status: 0, fault: "no answer within 5 s" })).toEqual(["it: no answer within 5 s"]);
});

test("the first difference of a looked-up job is named by its path", () => {
  const [expected] = generateCallback({ seed: "diff", index: 1, kind: SEGMENTATION, now: NOW }).expected as [
    Callback["expected"][0],
  ];
  const job = { ...structuredClone(expected), workflow: null } as Record<string, any>;
  expect(differenceOf(expected, job)).toBeNull();
  expect(differenceOf(expected, { ...job, state: "Failed" })).toBe('state: sent "Success", looked up "Failed"');
  expect(differenceOf(expected, { ...job, workflow: { runId: "r" } })).toBe('runId: sent null, looked up "r"');
  job["detail"].Operation.WordsGeneralizeResult.WordsGeneralizeToken[1].Word = "x";
  expect(differenceOf(expected, job)).toMatch(
    /^detail\.Operation\.WordsGeneralizeResult\.WordsGeneralizeToken\.1\.Word: sent ".*", looked up "x"$/,
  );
});

test("percentiles are those of the nearest rank", () => {
  expect([50, 90, 99, 100].map((percent) => percentile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], percent))).toEqual([
    5, 9, 10, 10,
  ]);
  expect(percentile([], 50)).toBeNull();
});

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, ["tools/simulate.ts", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (data) => (out += data));
  child.stderr.on("data", (data) => (err += data));
  const [code] = (await once(child, "close")) as [number];
  return { code, out, err };
}

test("the exit code tells a script what came of it", { timeout: 30_000 }, async () => {
  const help = await run("--help");
  expect(help).toEqual({ code: 0, err: "", out: expect.stringContaining("Usage: npm run simulate") });
  expect(await run("--count", "none")).toEqual({
    code: 2,
    out: "",
    err: expect.stringContaining("--count none is not"),
  });
  const refused = await withServer([], (url) => Promise.resolve(url.href));
  expect(await run(refused)).toEqual({ code: 1, out: "", err: expect.stringContaining("the connection was refused") });
  const failing = await withServer([500, 500], (url) => run("--json", url.href));
  expect(failing.code).toBe(1);
  expect(JSON.parse(failing.out)).toMatchObject({
    sent: 2,
    answers: { "other (500)": 2 },
    unexpected: { count: 2 },
    ok: false,
  });
});
