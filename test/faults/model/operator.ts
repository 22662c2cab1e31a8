/** What whoever runs the receiver asks of it: to read deliveries again, and to hand them out and take them in. */
import { type Changes, get, send, TOKEN } from "../../worker/receiver.ts";
import type { Doing, World } from "./world.ts";

const TOKEN_HEADERS = { authorization: `Bearer ${TOKEN}` };

/** Deliveries of a page of an export, and of a request of an import. */
const PAGE = 4;

/** Reads one delivery again, by its number, or the newest few of a status. */
export async function reparse(world: World, which: number | string, { changes, attempt }: Doing): Promise<void> {
  const ids = [...world.ledger.sent.keys()];
  const id = typeof which === "number" ? ids[which % Math.max(1, ids.length)] : undefined;
  if (typeof which === "number" && id === undefined) return;
  const path = id === undefined ? `/deliveries/reparse?status=${which}&limit=5` : `/deliveries/${id}/reparse`;
  const response = await send(path, { method: "POST", headers: TOKEN_HEADERS }, changes);
  const allowed = [200, 404, 410, ...(attempt.isFaulty ? [503] : [])];
  if (!allowed.includes(response.status))
    throw new Error(`reparse was answered ${response.status}: ${await response.text()}`);
  const sent = id === undefined ? undefined : world.ledger.sent.get(id);
  if (response.status !== 200 || sent === undefined) return;
  attempt.writtenLast = sent.body.id;
  world.ledger.hear(sent.body);
}

/** Reads everything again, with all faults over. */
export async function reparseAll(world: World, changes: Changes): Promise<void> {
  for (const status of ["stored", "no-job", "quarantined"]) {
    let cursor: string | null = "";
    while (cursor !== null) {
      const at: string = cursor === "" ? "" : `&cursor=${cursor}`;
      const path = `/deliveries/reparse?status=${status}&limit=100${at}`;
      const response = await send(path, { method: "POST", headers: TOKEN_HEADERS }, changes);
      if (response.status !== 200) throw new Error(`reparse was answered ${response.status}: ${await response.text()}`);
      cursor = (await response.json<{ next: string | null }>()).next;
    }
  }
  await world.observe();
}

/** The lines of an export; null where a fault ended it. What is there before and after must be in it. */
export async function exportAll(world: World, { changes, attempt }: Doing): Promise<string[] | null> {
  const before = world.seen;
  const lines: string[] = [];
  const ask = (path: string) => get(path, {}, changes);
  let cursor: string | null = "";
  while (cursor !== null) {
    const path: string = `/deliveries/export?limit=${PAGE}${cursor === "" ? "" : `&cursor=${cursor}`}`;
    let response = await ask(path);
    // Drained and taken by retention since it was listed, a delivery is nowhere, and whoever exports is told to ask again.
    if (response.status === 503 && !attempt.isFaulty) response = await ask(path);
    const text = new TextDecoder().decode(await response.arrayBuffer());
    if (response.status === 503 && attempt.isFaulty) return null;
    if (response.status !== 200) throw new Error(`export was answered ${response.status}: ${text.slice(0, 500)}`);
    const page = text.trimEnd().split("\n");
    cursor = (JSON.parse(page.pop() as string) as { next: string | null }).next;
    lines.push(...page);
  }
  await world.observe();
  const exported = new Set(idsOf(lines));
  for (const seen of [before.stored, before.spilled])
    for (const id of seen.keys())
      if (world.seen.stored.has(id) && !exported.has(id)) throw new Error(`delivery ${id} is not in the export`);
  return lines;
}

/**
 * Brings lines of an export in again, until a fault ends it. A count in an export is a total, which does not say which
 * arrivals it is of: of what is not in the store, one that still comes is counted once more.
 */
export async function importAll(world: World, exported: readonly string[], { changes, attempt }: Doing): Promise<void> {
  for (let at = 0; at < exported.length; at += PAGE) {
    const lines = exported.slice(at, at + PAGE);
    for (const id of idsOf(lines))
      if (!world.seen.stored.has(id) || world.seen.spilled.has(id)) world.ledger.restored.add(id);
    const body = lines.join("\n");
    const response = await send("/deliveries/import", { method: "POST", headers: TOKEN_HEADERS, body }, changes);
    const text = await response.text();
    if (response.status === 503 && attempt.isFaulty) return;
    if (response.status !== 200) throw new Error(`import was answered ${response.status}: ${text.slice(0, 500)}`);
  }
}

const idsOf = (lines: readonly string[]): string[] => lines.map((line) => (JSON.parse(line) as { id: string }).id);
