/** The doctor against a receiver on loopback that is healthy but for one fault: it finds that one, and no other. */
import { afterEach, expect, test } from "vitest";
import { examine } from "../../tools/doctor.ts";
import { TEST_CALLBACK, TEST_JOB } from "../../tools/doctor/round-trip.ts";
import {
  bad,
  found,
  GET_JOB,
  HEALTHY,
  jobOf,
  notReady,
  options,
  POST_KEY,
  problem,
  ready,
  type Replies,
  sha256,
  start,
  stop,
} from "./doctored-receiver.ts";

afterEach(stop);

test("a healthy receiver has no fault, and each check has a line", async () => {
  const findings = await examine(options(await start()));
  expect(found(findings, "fault", "warning")).toEqual([]);
  expect(findings.map(({ check }) => check)).toEqual([
    "reachable",
    "TLS",
    "latency",
    "address",
    "settings",
    "secrets",
    "store",
    "migrations",
    "upkeep",
    "clock",
    "wrong key",
    "no token",
    "callback",
    "console test",
    "look-up",
    "events",
    "asking CI",
  ]);
});

test("a receiver behind a queue is healthy, though the job is stored later", async () => {
  let lookUps = 0;
  const findings = await bad({
    [POST_KEY]: ({ body }) => ({
      body: { delivery: sha256(body), status: "queued", jobs: body === TEST_CALLBACK ? [TEST_JOB] : [] },
    }),
    [GET_JOB]: (request) => {
      lookUps += 1;
      return lookUps === 1 ? problem(404, "job-not-found") : (HEALTHY[GET_JOB] as Replies[string])(request);
    },
  });
  expect([findings, lookUps]).toEqual([[], 2]);
});

const FAULTS: [name: string, faults: Replies, found: string[]][] = [
  [
    "a page in its place",
    { "GET /livez": () => ({ body: "<html>welcome</html>" }) },
    ["reachable: /livez answers 200: not the receiver, or something stands before it"],
  ],
  [
    "a log-in before it",
    { "GET /livez": () => ({ status: 302, body: "", headers: { location: "https://login.example" } }) },
    ["reachable: /livez answers 302, to https://login.example: not the receiver, or something stands before it"],
  ],
  [
    "a setting that is not allowed",
    {
      "GET /readyz": () =>
        notReady({ store: "ok", schema: { found: 2, needed: 2 }, missingSecrets: [], wrongSettings: ["STORE"] }),
    },
    ["settings: not allowed: STORE"],
  ],
  [
    "an older version",
    { "GET /readyz": () => problem(404, "not-found") },
    ["settings: /readyz answers 404, and not as this receiver does"],
  ],
  [
    "a secret that is not set",
    {
      "GET /readyz": () =>
        notReady({ store: "ok", schema: { found: 2, needed: 2 }, missingSecrets: ["LOOKUP_TOKENS"] }),
    },
    ["secrets: not set: LOOKUP_TOKENS"],
  ],
  [
    "migrations that are not applied",
    {
      "GET /readyz": () =>
        notReady({ store: "migrations are not applied", schema: { found: 1, needed: 2 }, missingSecrets: [] }),
    },
    ["migrations: 1 applied, 2 needed"],
  ],
  [
    "a store that is down",
    { "GET /readyz": () => notReady({ store: "cannot be reached", schema: null, missingSecrets: [] }) },
    ["store: D1 cannot be reached"],
  ],
  [
    "KV as the store",
    {
      "GET /readyz": () =>
        ready({ store: { name: "kv", region: null }, checks: { store: "ok", schema: null, missingSecrets: [] } }),
    },
    ["store: KV, everywhere: look-ups may be a minute late"],
  ],
  [
    "deliveries that wait in the spill",
    { "GET /readyz": () => ready({ spilled: 3 }) },
    ["spill: 3 deliveries wait in the spill"],
  ],
  [
    "deliveries in quarantine",
    { "GET /readyz": () => ready({ quarantined: 100 }) },
    ["quarantine: 100 or more deliveries could not be read"],
  ],
  [
    "a clock that is wrong",
    { "GET /readyz": () => ready({ at: new Date(Date.now() + 3_600_000).toISOString() }) },
    [expect.stringMatching(/^clock: 3600\.\d s from this machine's$/) as string],
  ],
  [
    "a wrong key that is taken",
    { "POST /callbacks/doctor-wrong-key": () => ({ body: { status: "no-job" } }) },
    ["wrong key: answered 200, not 404"],
  ],
  [
    "a look-up that needs no token",
    { "GET /jobs?limit=1": () => ({ body: { jobs: [] } }) },
    ["no token: a look-up without a token is answered 200, not 401"],
  ],
  [
    "another key",
    { [POST_KEY]: () => problem(404, "not-found") },
    ["callback: the key is not one of the receiver's CALLBACK_KEYS"],
  ],
  [
    "callbacks that D1 does not take",
    {
      [POST_KEY]: ({ body }) => ({
        body: { delivery: sha256(body), status: "spilled", jobs: [TEST_JOB] },
      }),
    },
    [expect.stringMatching(/^callback: spilled in \d+ ms: D1 did not take it$/) as string],
  ],
  [
    "callbacks that are not stored",
    { [POST_KEY]: () => problem(503, "store-unavailable") },
    ["callback: answered 503: Detail of store-unavailable."],
  ],
  [
    "bodies changed on the way",
    { [POST_KEY]: ({ body }) => ({ body: { delivery: sha256(`${body}\n`), status: "stored", jobs: [TEST_JOB] } }) },
    ["callback: the receipt names another delivery or job than was posted"],
  ],
  [
    "a connection that drops",
    { [POST_KEY]: () => "drop" },
    [expect.stringMatching(/^callback: the connection was dropped/) as string],
  ],
  [
    "a console's test that is refused",
    {
      [POST_KEY]: (request) =>
        request.body === TEST_CALLBACK
          ? (HEALTHY[POST_KEY] as Replies[string])(request)
          : problem(400, "malformed-body"),
    },
    ["console test: a body that names no job is answered 400, not 200"],
  ],
  [
    "another token",
    { [GET_JOB]: () => problem(401, "unauthorized") },
    ["look-up: the token is not one of the receiver's LOOKUP_TOKENS"],
  ],
  ["a job that is not found", { [GET_JOB]: () => problem(404, "job-not-found") }, ["look-up: answered 404"]],
  [
    "words that do not come out as they went in",
    { [GET_JOB]: () => ({ body: { ...jobOf(TEST_CALLBACK.replace("007", "7")) } }) },
    ["look-up: the job is found, and not as it was sent"],
  ],
];

test.each(FAULTS)("finds %s, and nothing else", async (_, faults, expected) => {
  const findings = await examine(options(await start(faults)));
  expect(found(findings, "fault", "warning")).toEqual(expected);
  // Each of them says what to do, and nothing else does.
  const wanting = findings.filter(({ verdict }) => verdict === "fault" || verdict === "warning");
  expect(findings.filter(({ remedy }) => remedy !== undefined)).toEqual(wanting);
});

test("one delivery is said as one, and what is wrong with a setting is the receiver's word", async () => {
  expect(await bad({ "GET /readyz": () => ready({ quarantined: 1, spilled: 1 }) })).toEqual([
    "spill: 1 delivery waits in the spill",
    "quarantine: 1 delivery could not be read",
  ]);
  const checks = {
    store: "ok",
    schema: { found: 2, needed: 2 },
    missingSecrets: [],
    wrongSettings: ["FORWARD_SECRETS"],
  };
  const reply = notReady(checks, { detail: "FORWARD_SECRETS: None can be used." });
  const finding = (await examine(options(await start({ "GET /readyz": () => reply })))).find(
    ({ verdict }) => verdict === "fault",
  );
  expect(finding?.remedy).toMatch(/^FORWARD_SECRETS: None can be used\. Correct it/);
});
