/** A receiver on loopback as the doctor meets it: healthy, but for the routes that a test makes answer otherwise. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseCallback } from "../../src/callback/callback.ts";
import { examine } from "../../tools/doctor.ts";
import type { Finding } from "../../tools/doctor/finding.ts";
import type { DoctorOptions } from "../../tools/doctor/options.ts";
import { TEST_CALLBACK, TEST_JOB } from "../../tools/doctor/round-trip.ts";

export type Reply = { status?: number; body: unknown; headers?: Record<string, string> } | "drop";
export type Replies = Record<string, (request: { body: string; token: string }) => Reply>;

export const KEY = "the-key";
export const TOKEN = "the-token";
export const POST_KEY = `POST /callbacks/${KEY}`;
export const GET_JOB = `GET /jobs/${TEST_JOB}`;

export const sha256 = (body: string) => createHash("sha256").update(body).digest("hex");
export const ready = (more: object = {}): Reply => ({
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
export const notReady = (checks: object, more: object = {}): Reply => ({
  ...(ready({ checks, type: "/problems/not-ready", ...more }) as object as { body: unknown }),
  status: 503,
});
export const problem = (status: number, code: string, more: object = {}): Reply => ({
  status,
  body: { type: `/problems/${code}`, title: code, status, detail: `Detail of ${code}.`, ...more },
});

export function jobOf(body: string) {
  const reading = parseCallback(body);
  if (!reading.ok) throw new Error(reading.error.reason);
  return reading.value.jobs[0];
}

/** A healthy receiver, route by route. */
export const HEALTHY: Replies = {
  "GET /livez": () => ({ body: "ok\n" }),
  "GET /readyz": () => ready(),
  [POST_KEY]: ({ body }) => {
    const status = body === TEST_CALLBACK ? "stored" : "no-job";
    return { body: { delivery: sha256(body), status, jobs: status === "stored" ? [TEST_JOB] : [] } };
  },
  "GET /jobs?limit=1": ({ token }) => (token === TOKEN ? { body: { jobs: [] } } : problem(401, "unauthorized")),
  [GET_JOB]: ({ token }) => (token === TOKEN ? { body: jobOf(TEST_CALLBACK) } : problem(401, "unauthorized")),
  "POST /events/test": ({ token }) =>
    token === TOKEN
      ? { body: { endpoints: [{ endpoint: "told.example", status: 204, error: null }] } }
      : problem(401, "unauthorized"),
  "POST /reconcile/test": ({ token }) =>
    token === TOKEN ? { body: { hasKeys: true, answers: [tried()] } } : problem(401, "unauthorized"),
};

/** One request that a receiver has tried at CI. */
export const tried = (said: object = {}) => ({
  request: "describe",
  bucket: "media-1250000000",
  region: "ap-shanghai",
  fault: null,
  says: "CI answers.",
  requestId: null,
  ...said,
});

let server: Server | undefined;

/** Ends the receiver that was started last: for `afterEach`. */
export function stop(): void {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
}

/** Starts a receiver that is healthy but for these routes. */
export async function start(faults: Replies = {}): Promise<URL> {
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
  stop();
  server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

export const options = (base: URL, more: Partial<DoctorOptions> = {}): DoctorOptions => ({
  base,
  key: KEY,
  token: TOKEN,
  timeoutSeconds: 5,
  json: false,
  showKey: true,
  ...more,
});

/** What the findings of these verdicts say. */
export const found = (findings: readonly Finding[], ...verdicts: Finding["verdict"][]) =>
  findings.filter(({ verdict }) => verdicts.includes(verdict)).map(({ check, says }) => `${check}: ${says}`);

/** The faults and warnings of a receiver with these routes. */
export const bad = async (faults: Replies, more: Partial<DoctorOptions> = {}) =>
  found(await examine(options(await start(faults), more)), "fault", "warning");
