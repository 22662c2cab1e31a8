/** The doctor against a receiver on loopback that is healthy but for one fault: it finds that one, and no other. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { parseCallback } from "../../src/callback/callback.ts";
import { examine } from "../../tools/doctor.ts";
import { askAt, tlsFault } from "../../tools/doctor/ask.ts";
import type { Finding } from "../../tools/doctor/finding.ts";
import { checkHost, checkTls, checkUrlLength } from "../../tools/doctor/host.ts";
import { checkKeyShape, isRedacted } from "../../tools/doctor/key.ts";
import { type DoctorOptions, readOptions } from "../../tools/doctor/options.ts";
import { checkReadiness } from "../../tools/doctor/readiness.ts";
import { checkReconcile } from "../../tools/doctor/reconcile.ts";
import { checkWrongKey, TEST_CALLBACK, TEST_JOB } from "../../tools/doctor/round-trip.ts";
import { callbackUrl, textReport } from "../../tools/doctor/report.ts";

type Reply = { status?: number; body: unknown; headers?: Record<string, string> } | "drop";
type Replies = Record<string, (request: { body: string; token: string }) => Reply>;

const KEY = "the-key";
const TOKEN = "the-token";

const sha256 = (body: string) => createHash("sha256").update(body).digest("hex");
const ready = (more: object = {}): Reply => ({
  body: {
    status: "ready",
    checks: { store: "ok", schema: { found: 2, needed: 2 }, missingSecrets: [] },
    store: { name: "d1", region: "APAC" },
    quarantined: 0,
    spilled: 0,
    lastUpkeepAt: new Date(Date.now() - 30_000).toISOString(),
    lastReceivedAt: null,
    at: new Date().toISOString(),
    ...more,
  },
});
const notReady = (checks: object, more: object = {}): Reply => ({
  ...(ready({ checks, type: "/problems/not-ready", ...more }) as object as { body: unknown }),
  status: 503,
});
const problem = (status: number, code: string, more: object = {}): Reply => ({
  status,
  body: { type: `/problems/${code}`, title: code, status, detail: `Detail of ${code}.`, ...more },
});

function jobOf(body: string) {
  const reading = parseCallback(body);
  if (!reading.ok) throw new Error(reading.error.reason);
  return reading.value.jobs[0];
}

/** A healthy receiver, route by route. */
const HEALTHY: Replies = {
  "GET /livez": () => ({ body: "ok\n" }),
  "GET /readyz": () => ready(),
  [`POST /callbacks/${KEY}`]: ({ body }) => {
    const status = body === TEST_CALLBACK ? "stored" : "no-job";
    return { body: { delivery: sha256(body), status, jobs: status === "stored" ? [TEST_JOB] : [] } };
  },
  "GET /jobs?limit=1": ({ token }) => (token === TOKEN ? { body: { jobs: [] } } : problem(401, "unauthorized")),
  [`GET /jobs/${TEST_JOB}`]: ({ token }) =>
    token === TOKEN ? { body: jobOf(TEST_CALLBACK) } : problem(401, "unauthorized"),
  "POST /events/test": ({ token }) =>
    token === TOKEN
      ? { body: { endpoints: [{ endpoint: "told.example", status: 204, error: null }] } }
      : problem(401, "unauthorized"),
  "POST /reconcile/test": ({ token }) =>
    token === TOKEN ? { body: { hasKeys: true, answers: [tried()] } } : problem(401, "unauthorized"),
};

/** One request that a receiver has tried at CI. */
const tried = (said: object = {}) => ({
  request: "describe",
  bucket: "media-1250000000",
  region: "ap-shanghai",
  fault: null,
  says: "CI answers.",
  requestId: null,
  ...said,
});

let close = async (): Promise<void> => {};
afterEach(() => close());

/** Starts a receiver that is healthy but for these routes. */
async function start(faults: Replies = {}): Promise<URL> {
  const replies = { ...HEALTHY, ...faults };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    const reply = replies[`${request.method} ${request.url}`]?.({ body, token }) ?? problem(404, "not-found");
    if (reply === "drop") return void response.destroy();
    response.writeHead(reply.status ?? 200, reply.headers ?? {});
    response.end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body));
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  close = async () => {
    server.closeAllConnections();
    server.close();
  };
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

const options = (base: URL, more: Partial<DoctorOptions> = {}): DoctorOptions => ({
  base,
  key: KEY,
  token: TOKEN,
  timeoutSeconds: 5,
  json: false,
  showKey: true,
  ...more,
});

const found = (findings: readonly Finding[], ...verdicts: Finding["verdict"][]) =>
  findings.filter(({ verdict }) => verdicts.includes(verdict)).map(({ check, says }) => `${check}: ${says}`);

const bad = async (faults: Replies, more: Partial<DoctorOptions> = {}) =>
  found(await examine(options(await start(faults), more)), "fault", "warning");

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

test.each([
  ["0f242ff5e419570c0bf1a7565941032f", true],
  ["0F242FF5E419570C0BF1A7565941032F0F", true],
  ["0f242ff5e419570c0bf1a7565941032", false],
  ["HQseR9h1x72kvLYXNZNmZ", true],
  ["HQseR9h1x72kvLYXNZNm", false],
  ["local-callback-key", false],
  ["one-key-that-is-longer-than-all-others", false],
  ["0f242ff5e419570c0bf1a7565941032f.0f", false],
])("the key %s is redacted by Cloudflare's logs: %s", (key, expected) => {
  expect(isRedacted(key)).toBe(expected);
  expect(checkKeyShape(key).verdict).toBe(expected ? "ok" : "warning");
});

const POST_KEY = `POST /callbacks/${KEY}`;
const GET_JOB = `GET /jobs/${TEST_JOB}`;

/** A receiver that asks CI with these results. */
const trying = (...answers: object[]): Replies => ({
  "POST /reconcile/test": () => ({ body: { hasKeys: true, answers } }),
});

test("a receiver without keys, and one of an older version, leave out asking CI", async () => {
  const without: Replies = { "POST /reconcile/test": () => ({ body: { hasKeys: false, answers: [] } }) };
  for (const [faults, says] of [
    [without, "CI_SECRET_ID and CI_SECRET_KEY are not set"],
    [{ "POST /reconcile/test": () => problem(404, "not-found") }, "this version of the receiver does not ask"],
  ] as const) {
    const findings = await examine(options(await start(faults)));
    expect(findings.at(-1)).toEqual({ check: "asking CI", verdict: "left out", says });
    await close();
  }
});

test.each([
  ["clock", /this machine's/],
  ["keys", /\.dev\.vars/],
  ["permission", /Give the sub-account leave/],
  ["bucket", /Check the bucket/],
  ["region", /Check the region/],
  ["setting", /CI_QUEUES/],
  ["too-often", /Wait a while/],
  ["ci", /request id/],
])("what CI refuses is told, with what to do: %s", async (fault, remedy) => {
  const refused = tried({ request: "list", fault, says: "CI answered 403, X: y", requestId: "NjA=" });
  const findings = await examine(options(await start(trying(tried(), refused))));
  expect(findings.slice(-2)).toEqual([
    { check: "asking CI", verdict: "ok", says: "a job in media-1250000000, ap-shanghai: CI answers." },
    {
      check: "asking CI",
      verdict: "fault",
      says: "a list of media-1250000000, ap-shanghai: CI answered 403, X: y (request NjA=)",
      remedy: expect.stringMatching(remedy) as string,
    },
  ]);
});

test.each([
  ["clock", /Cloudflare's/],
  ["keys", /npx wrangler secret put/],
])("what a deployed receiver needs is set elsewhere than in a local run: %s", async (fault, remedy) => {
  const ask = askAt(await start(trying(tried({ fault }))), 5);
  const [deployed, local] = [await checkReconcile(ask, TOKEN, false), await checkReconcile(ask, TOKEN, true)];
  expect(deployed[0]?.remedy).toMatch(remedy);
  expect(local[0]?.remedy).not.toMatch(remedy);
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
  expect(await bad(faults)).toEqual(expected);
});

test("what each endpoint says to a test event is told, and is no fault of the receiver", async () => {
  const endpoints = [
    { endpoint: "a.example", status: 200, error: null },
    { endpoint: "b.example", status: 404, error: "not-2xx" },
    { endpoint: "c.example", status: null, error: "timeout" },
  ];
  const findings = await examine(options(await start({ "POST /events/test": () => ({ body: { endpoints } }) })));
  expect(found(findings, "warning", "fault")).toEqual([
    "events: b.example does not take a test event: it answers 404",
    "events: c.example does not take a test event: timeout",
  ]);
  expect(found(findings, "ok")).toContain("events: a.example answers 200 to a test event");
  await close();
  const off = problem(409, "forwarding-off", { detail: "FORWARD_URLS names no endpoint, so there is nobody to tell." });
  const silent = await examine(options(await start({ "POST /events/test": () => off })));
  expect(found(silent, "left out").at(-1)).toBe("events: FORWARD_URLS names no endpoint, so there is nobody to tell.");
});

test("one delivery is said as one, and what is wrong with a setting is the receiver's word", async () => {
  expect(await bad({ "GET /readyz": () => ready({ quarantined: 1, spilled: 1 }) })).toEqual([
    "spill: 1 delivery waits in the spill",
    "quarantine: 1 delivery could not be read",
  ]);
  await close();
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

test("every fault and warning has a remedy", async () => {
  for (const [, faults] of FAULTS) {
    const findings = await examine(options(await start(faults)));
    await close();
    for (const { verdict, remedy } of findings)
      expect(remedy !== undefined).toBe(verdict === "fault" || verdict === "warning");
  }
});

test("without a key and a token, what needs them is left out, and said to be", async () => {
  const findings = await examine(options(await start(), { key: null, token: null }));
  expect(found(findings, "left out").slice(-3)).toEqual([
    "round trip: needs --key or CALLBACK_KEY",
    "events: needs --token or LOOKUP_TOKEN",
    "asking CI: needs --token or LOOKUP_TOKEN",
  ]);
  expect(found(findings, "fault")).toEqual([]);
});

test.each([null, "wrong-key"])("a wrong token is a fault with the key %s too, and not only left out", async (key) => {
  const findings = await examine(options(await start(), { key, token: "wrong-token" }));
  expect(found(findings, "fault")).toContain("look-up: the token is not one of the receiver's LOOKUP_TOKENS");
});

test("nothing that listens is said in words", async () => {
  const base = await start();
  await close();
  const findings = await examine(options(base));
  expect(found(findings, "fault")).toEqual([
    `reachable: ${base.origin}: the connection was refused: nothing listens there`,
  ]);
  expect(findings[0]?.remedy).toBe(
    `Start a local run there with \`npm run dev -- --port ${base.port}\`, or give the port of the one that runs.`,
  );
});

test("an https address that does not speak TLS is said to be one", async () => {
  const base = await start();
  base.protocol = "https:";
  const findings = await examine(options(base));
  expect(found(findings, "fault")).toEqual([
    `reachable: ${base.origin}: no safe connection: it does not speak TLS on this port`,
  ]);
  expect(findings[0]?.remedy).toBe(`A local run has no TLS: give http://${base.host}.`);
});

describe("an address", () => {
  test.each([
    ["https://callbacks.example.com", []],
    ["http://callbacks.example.com", ["TLS: none: the key travels where anybody on the way can read it"]],
    [
      "https://receiver.team.workers.dev",
      ["address: *.workers.dev is reported unreachable from mainland China, where some CI regions are"],
    ],
  ])("%s", (address, expected) => {
    const base = new URL(address);
    expect(found([checkTls(base, false), checkHost(base, false)], "warning", "fault")).toEqual(expected);
  });

  test("is warned about when it is longer than a queue takes", () => {
    const url = (key: string) => new URL(`https://callbacks.example.com/callbacks/${key}`);
    expect(found(checkUrlLength(url("k".repeat(60))), "warning")).toEqual([]);
    expect(found(checkUrlLength(url("k".repeat(61))), "warning")).toEqual([
      "length: the callback URL has 101 characters, and one page of CI's documentation allows 100 for a queue's",
    ]);
  });

  test.each([
    ["CERT_HAS_EXPIRED", "its certificate has expired"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "its certificate is for another host"],
    ["ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR", "the words of OpenSSL"],
    ["ECONNREFUSED", null],
  ])("whose TLS fails with %s is explained", (code, says) => {
    expect(tlsFault(new TypeError("fetch failed", { cause: { code, message: "the words of OpenSSL" } }))).toBe(says);
  });
});

describe("a deployment", () => {
  test("that takes the secrets of the example is said to", async () => {
    const base = await start({
      "GET /callbacks/local-callback-key": () => problem(405, "method-not-allowed"),
      "GET /deliveries?limit=1": ({ token }) =>
        token === "local-lookup-token" ? { body: { deliveries: [] } } : problem(401, "unauthorized"),
    });
    expect(found(await checkWrongKey(askAt(base, 5), false), "fault")).toEqual([
      "example secrets: local-callback-key and local-lookup-token work here, and everybody knows them",
    ]);
  });

  test.each([
    [null, "upkeep: the cron has not run yet"],
    [new Date(Date.now() - 3_600_000).toISOString(), "upkeep: the cron last ran 60 minutes ago"],
  ])("whose cron does not run is said to: %s", async (lastUpkeepAt, says) => {
    const base = await start({ "GET /readyz": () => ready({ lastUpkeepAt }) });
    expect(found(await checkReadiness(askAt(base, 5), false), "warning", "fault")).toEqual([says]);
  });
});

describe("the command line", () => {
  test.each([
    [["ftp://x"], "ftp://x is not a URL that begins with http:// or https://."],
    [["https://a.example", "https://b.example"], "Give one base URL, not 2."],
    [
      ["https://a.example/callbacks/secret"],
      "Give the base URL, https://a.example, and the key with --key or CALLBACK_KEY.",
    ],
    [["--timeout", "soon"], "--timeout soon is not a number from 1 to 600."],
    [["--ky", "x"], "Unknown option '--ky'."],
  ])("%j is refused in a sentence", (args, error) => {
    expect(readOptions(args, {})).toEqual({ ok: false, error });
  });

  test("secrets come from options, then the environment, then those of a local run", () => {
    const secrets = (args: string[], env: Record<string, string>) => {
      const read = readOptions(args, env);
      return read.ok && read.value !== "help" ? [read.value.key, read.value.token] : read;
    };
    const env = { CALLBACK_KEY: "k2", LOOKUP_TOKEN: "t2" };
    expect(secrets(["--key", "k1", "--token", "t1"], env)).toEqual(["k1", "t1"]);
    expect(secrets(["https://a.example"], env)).toEqual(["k2", "t2"]);
    expect(secrets([], {})).toEqual(["local-callback-key", "local-lookup-token"]);
    expect(secrets(["https://a.example"], {})).toEqual([null, null]);
  });

  test("what to give to CI has the whole URL, but not where a log keeps it", () => {
    const base = new URL("https://callbacks.example.com/");
    expect(callbackUrl(options(base))).toBe("https://callbacks.example.com/callbacks/the-key");
    const text = textReport(options(base, { showKey: false }), []);
    expect(text).toContain("<CallBack>https://callbacks.example.com/callbacks/<one of CALLBACK_KEYS></CallBack>");
    expect(text).not.toContain("the-key");
  });

  async function run(...args: string[]) {
    const { CI: _, ...env } = process.env;
    const child = spawn(process.execPath, ["tools/doctor.ts", ...args], { env });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += String(chunk)));
    const [code] = (await once(child, "close")) as [number];
    return { code, output };
  }

  test("of a local run it says how to post to it, since CI cannot", () => {
    const text = textReport(options(new URL("http://localhost:8787/")), []);
    expect(text).toContain("npm run simulate -- http://localhost:8787/callbacks/the-key");
    expect(text).not.toContain("<CallBack>");
  });

  test("exits with 0 where there is no fault", async () => {
    const base = await start();
    const { code, output } = await run(base.href, "--key", KEY, "--token", TOKEN);
    expect(output).toContain("No faults, no warnings.");
    expect(code).toBe(0);
  });

  test("exits with 1 where there is one, and says what to do", async () => {
    const base = await start({ [POST_KEY]: () => problem(404, "not-found") });
    const { code, output } = await run(base.href, "--key", KEY, "--token", TOKEN);
    expect(output).toMatch(/^XX {2}callback .*\n +-> Give one with --key or CALLBACK_KEY\.$/m);
    expect(output).not.toContain("<CallBack>");
    expect(code).toBe(1);
  });

  test("exits with 2 for wrong usage", async () => {
    expect((await run("--nonsense")).code).toBe(2);
  });

  test("tells a program the same", async () => {
    const base = await start();
    const { output } = await run(base.href, "--key", KEY, "--token", TOKEN, "--json");
    const said = JSON.parse(output) as { ok: boolean; callBack: string; findings: Finding[] };
    expect([said.ok, said.callBack, said.findings.length]).toEqual([true, `${base.href}callbacks/${KEY}`, 17]);
  });
});
