/** What the tests of export and import share: pages, lines, and everything that look-ups answer. */
import { expect } from "vitest";
import type { DeliveryRecord, Job, ListedJob } from "../../src/wire.ts";
import { type Changes, decoded, get, read, send, sha256, TOKEN } from "./receiver.ts";

export interface Line {
  id: string;
  receivedAt: string | null;
  lastReceivedAt: string | null;
  count: number | null;
  contentType: string | null;
  source?: string | null;
  status: string;
  missing: "retention" | "corrupt" | null;
  jobs?: readonly unknown[];
  bytes: string | null;
}

export interface ImportedLine {
  line: number;
  delivery: string | null;
  status: string;
  reason: string | null;
}

const bearer = { authorization: `Bearer ${TOKEN}` };

export async function exportPage(
  query: string,
  changes: Changes = {},
): Promise<{ lines: Line[]; next: string | null }> {
  const response = await get(`/deliveries/export?${query}`, {}, changes);
  const text = await decoded(response);
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
  const lines = text.split("\n").map((line) => (line === "" ? null : (JSON.parse(line) as Line)));
  expect(lines.pop()).toBe(null);
  const { next } = lines.pop() as unknown as { next: string | null };
  return { lines: lines as Line[], next };
}

export async function exportAll(changes: Changes = {}, limit = 100): Promise<Line[]> {
  const all: Line[] = [];
  let query = `limit=${limit}`;
  for (;;) {
    const { lines, next } = await exportPage(query, changes);
    all.push(...lines);
    if (next === null) return all;
    query = `limit=${limit}&cursor=${next}`;
  }
}

export const postLines = (body: string, changes: Changes = {}) =>
  send("/deliveries/import", { method: "POST", headers: bearer, body }, changes);

export async function importLines(lines: readonly object[], changes: Changes = {}): Promise<ImportedLine[]> {
  const imported: ImportedLine[] = [];
  for (let at = 0; at < lines.length; at += 10) {
    const part = lines.slice(at, at + 10);
    const response = await postLines(part.map((line) => `${JSON.stringify(line)}\n`).join(""), changes);
    expect(response.status).toBe(200);
    imported.push(...(await response.json<{ imported: ImportedLine[] }>()).imported);
  }
  return imported;
}

export async function lineOf(bytes: string | Uint8Array, changes: Partial<Line> = {}): Promise<Line> {
  const raw = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  return {
    id: await sha256(raw),
    receivedAt: "2026-03-01T08:00:00.123Z",
    lastReceivedAt: "2026-03-01T08:00:00.123Z",
    count: 1,
    contentType: "text/xml",
    status: "stored",
    missing: null,
    bytes: raw.toBase64(),
    ...changes,
  };
}

/** All pages of a list. */
export async function listAll<T>(path: string, name: string, changes: Changes): Promise<T[]> {
  const all: T[] = [];
  let next: string | null = "";
  while (next !== null) {
    const page: Record<string, unknown> = await read(
      `${path}${path.includes("?") ? "&" : "?"}limit=100${next && `&cursor=${next}`}`,
      changes,
    );
    all.push(...(page[name] as T[]));
    next = page["next"] as string | null;
  }
  return all;
}

/** Everything that look-ups answer. Deliveries stand in order of their ids: those that came within one millisecond may be listed in either. */
export async function everything(changes: Changes) {
  const deliveries = await listAll<DeliveryRecord>("/deliveries", "deliveries", changes);
  const jobs = await listAll<ListedJob>("/jobs", "jobs", changes);
  const raw: Record<string, string> = {};
  for (const { id, hasBytes } of deliveries) {
    if (!hasBytes) continue;
    raw[id] = new Uint8Array(await (await get(`/deliveries/${id}/raw`, {}, changes)).arrayBuffer()).toBase64();
    expect(await sha256(Uint8Array.fromBase64(raw[id] as string))).toBe(id);
  }
  const runIds = new Set(jobs.flatMap(({ workflow }) => workflow?.runId ?? []));
  return {
    deliveries: deliveries.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    raw,
    listed: jobs,
    jobs: await Promise.all(jobs.map(({ jobId }) => read<Job>(`/jobs/${encodeURIComponent(jobId)}`, changes))),
    runs: await Promise.all([...runIds].map((runId) => read(`/runs/${runId}`, changes))),
  };
}

export const byId = (lines: readonly Line[]) => lines.toSorted((a, b) => (a.id < b.id ? -1 : 1));

export const noise = (length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 60_000)
    bytes.set(crypto.getRandomValues(new Uint8Array(Math.min(60_000, length - at))), at);
  return bytes;
};
