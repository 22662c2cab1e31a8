/** The simulator: its options, what it sends and how, and what it makes of the answers. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { type Callback, generateCallback, type Kind } from "../../tools/callbacks/callback.ts";
import { LOCAL_QUEUE } from "../../tools/ci/local-queue.ts";
import { readOptions } from "../../tools/simulate/options.ts";
import { type Answer, type Pace, sendAll } from "../../tools/simulate/send.ts";
import { count, newTally, percentile } from "../../tools/simulate/tally.ts";
import { differenceOf } from "../../tools/simulate/verify.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const SEGMENTATION: Kind = { shape: "response", format: "xml", tag: "WordsGeneralize" };

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
  [["ftp://example.com"], /^ftp:\/\/example\.com is not a URL/],
  [["http://a.example", "http://b.example"], /^One callback URL is taken, and here are 2/],
  [["--lose", "10"], /^--lose needs a CI that knows of the lost jobs/],
  [["--lose", "101"], /^--lose 101 is not a number from 0 to 100\.$/],
  [["--ci", "127.0.0.1:9150"], /^--ci 127\.0\.0\.1:9150 is no URL/],
  [["http://a.example"], /^Give the whole callback URL, which ends in \/callbacks\/<key>, not http:\/\/a\.example\.$/],
  [["--verify", "http://a.example/hook"], /^--verify finds the look-ups beside the callbacks/],
])("%j is wrong usage", (args, fault) => {
  const read = readOptions(args, { env: {}, present: NOW, anySeed: "any", localCi: null });
  expect(read).toEqual({ ok: false, error: expect.stringMatching(fault) });
});

test("without options, a segmentation goes to a local run in both formats", () => {
  const read = readOptions([], { env: { LOOKUP_TOKEN: "secret" }, present: NOW + 1, anySeed: "any", localCi: null });
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
        lost: 0,
        queue: undefined,
      },
      files: [],
      rate: 0,
      concurrency: 4,
      retries: 0,
      timeoutSeconds: 30,
      verify: false,
      token: "secret",
      json: false,
      ci: null,
    },
  });
});

test("callbacks are lost only where a local CI knows of their jobs: that of the local run, or the one named", () => {
  const options = (localCi: string | null, ...args: string[]) => {
    const read = readOptions(args, { env: {}, present: NOW, anySeed: "any", localCi });
    return read.ok && read.value !== "help" ? read.value : undefined;
  };
  const local = "http://127.0.0.1:9150";
  expect(options(local)).toMatchObject({ ci: null, plan: { lost: 0, queue: undefined } });
  const lossy = { plan: { lost: 10, queue: LOCAL_QUEUE } };
  expect(options(local, "--lose", "10")).toMatchObject({ ci: new URL(local), ...lossy });
  const named = options(local, "--lose", "10", "--ci", "http://localhost:1");
  expect(named).toMatchObject({ ci: new URL("http://localhost:1"), ...lossy });
  const none = options(null, "--ci", local);
  expect(none).toMatchObject({ ci: new URL(local), plan: { lost: 0, queue: LOCAL_QUEUE } });
});

test("a seed without a time has a fixed one, and files alone leave no plan", () => {
  const options = (...args: string[]) => {
    const read = readOptions(args, { env: {}, present: NOW + 1, anySeed: "any", localCi: null });
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
  for (const status of ["spilled", "queued"]) expect(faultsOf({ said: { ...answer.said, status } })).toEqual([]);
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
