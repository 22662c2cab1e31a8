/**
 * A load of one kind on one server, in a process of its own: `node load.ts <options as JSON>`. Each connection
 * sends its next request when it has its answer. Prints a `Load` as JSON. Any answer but a 2xx counts as a failure.
 */
import { Pool } from "undici";
import { type BodyFormat, callbackBody, jobIdOf } from "../bodies.ts";
import { type Dialect, DIALECTS, HEADERS } from "./dialects.ts";

export interface LoadOptions {
  port: number;
  dialect: Dialect;
  method: "POST" | "GET";
  connections: number;
  /** Stops at whichever comes first; at least one request a connection is sent. */
  seconds: number;
  requests: number;
  format: BodyFormat;
  bodyBytes: number;
  /** POST: jobs `series`-0, -1, … are sent, each once. GET: asked for at random among `jobs` of them. */
  series: string;
  jobs: number;
  /** GET of this path instead of jobs. */
  path?: string;
  headers?: Record<string, string>;
}

export interface Load {
  requests: number;
  failures: number;
  perSecond: number;
  p50: number;
  p99: number;
}

const options = JSON.parse(process.argv[2] ?? "") as LoadOptions;
const { port, dialect, method, connections, seconds, series } = options;
const pool = new Pool(`http://127.0.0.1:${port}`, {
  connections,
  pipelining: 1,
  headersTimeout: 60_000,
  bodyTimeout: 60_000,
});
const asking = DIALECTS[dialect];
const template = method === "POST" ? callbackBody(options.format, options.bodyBytes, jobIdOf(0, series)) : null;
const places = template === null ? [] : placesOf(template, jobIdOf(0, series));

/** Where a JobId, or the end of one as user data, stands in the template. */
function placesOf(body: Buffer, jobId: string): number[] {
  const places: number[] = [];
  for (let at = body.indexOf(jobId); at !== -1; at = body.indexOf(jobId, at + 1)) places.push(at);
  return places;
}

function bodyOf(jobId: string): Buffer {
  const body = Buffer.from(template as Buffer);
  for (const at of places) body.write(jobId, at, "latin1");
  return body;
}

let sent = 0;
let failures = 0;
const latencies: number[] = [];
const start = performance.now();

async function connection(): Promise<void> {
  do {
    const number = method === "POST" ? sent : Math.floor(Math.random() * options.jobs);
    sent += 1;
    const jobId = jobIdOf(number, series);
    const path = options.path ?? (method === "POST" ? asking.post(jobId) : asking.get?.(jobId)) ?? "/";
    const body = method === "POST" ? bodyOf(jobId) : null;
    const asked = performance.now();
    const response = await pool.request({ method, path, headers: { ...HEADERS, ...options.headers }, body });
    for await (const _ of response.body);
    latencies.push(performance.now() - asked);
    if (response.statusCode >= 300) failures += 1;
  } while (sent < options.requests && performance.now() - start < seconds * 1000);
}

await Promise.all(Array.from({ length: connections }, connection));
const elapsed = (performance.now() - start) / 1000;
await pool.close();
latencies.sort((a, b) => a - b);
const quantile = (share: number): number =>
  latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] as number;
const load: Load = {
  requests: latencies.length,
  failures,
  perSecond: latencies.length / elapsed,
  p50: quantile(0.5),
  p99: quantile(0.99),
};
console.log(JSON.stringify(load));
