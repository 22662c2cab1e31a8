/**
 * What the cron does: brings spilled deliveries home, reads what was kept unread, and deletes what has passed its
 * time. All of it may be killed at any point and run again: nothing is forgotten before the store has it.
 */
import { intake, type Outcome, type Places, readAgain } from "./intake.ts";
import type { RetentionDays } from "./settings.ts";
import { StoreError } from "./store/retry.ts";
import type { Spill, Spilled } from "./store/spill.ts";
import type { Cutoffs, DeliveryStatus, Position, Store } from "./store/store.ts";

/** Spilled deliveries drained in one run: a Worker on the free plan has 50 subrequests, and each costs about four. */
const DRAINED_PER_RUN = 10;

/** Slices of retention in one run. */
const PURGES_PER_RUN = 10;

export interface UpkeepReport {
  drained: number;
  /** Spilled deliveries still waiting, as far as this run has looked. */
  waiting: boolean;
  readAgain: number;
  purged: number;
}

export async function upkeep(places: Places, retention: RetentionDays, now: number): Promise<UpkeepReport> {
  const { drained, waiting } =
    places.spill === null ? { drained: 0, waiting: false } : await drain(places.store, places.spill);
  const { outcomes } = await readKept(places.store, "pending", DRAINED_PER_RUN, null);
  return { drained, waiting, readAgain: outcomes.length, purged: await purge(places.store, retention, now) };
}

/** Spilled deliveries through the same intake as any other; each is forgotten only when the store has it. */
export async function drain(store: Store, spill: Spill): Promise<Pick<UpkeepReport, "drained" | "waiting">> {
  const { waiting, more } = await spill.take(DRAINED_PER_RUN);
  const stored = await bringIn(store, waiting);
  for (const spilled of stored) await spill.remove(spilled);
  return { drained: stored.length, waiting: more || stored.length < waiting.length };
}

/** Those that the store has now: all in one write, or, where that fails, as many as it takes one by one. */
async function bringIn(store: Store, waiting: readonly Spilled[]): Promise<Spilled[]> {
  if (waiting.length === 0) return [];
  try {
    await intake({ store, spill: null }, waiting);
    return [...waiting];
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const stored: Spilled[] = [];
    if (waiting.length > 1) for (const spilled of waiting) stored.push(...(await bringIn(store, [spilled])));
    return stored;
  }
}

/** Some of the deliveries of one status, read again; where to go on, or null when these were the last. */
export async function readKept(store: Store, status: DeliveryStatus, limit: number, after: Position | null) {
  const { items, next } = await store.listDeliveries({ status }, limit, after);
  const outcomes: Outcome[] = [];
  for (const { id } of items) {
    const kept = await store.getBody(id);
    if (kept !== null) outcomes.push(...(await readAgain(store, [kept])));
  }
  return { outcomes, next };
}

async function purge(store: Store, retention: RetentionDays, now: number): Promise<number> {
  const cutoffs: Cutoffs = {
    jobs: cutoffOf(retention.jobs, now),
    bytes: cutoffOf(retention.bytes, now),
    quarantined: cutoffOf(retention.quarantined, now),
  };
  let purged = 0;
  for (let slice = 0; slice < PURGES_PER_RUN; slice += 1) {
    const rows = await store.purge(cutoffs);
    if (rows === 0) break;
    purged += rows;
  }
  return purged;
}

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

const cutoffOf = (days: number, now: number): number | null => (days === 0 ? null : now - days * DAY_MILLISECONDS);
