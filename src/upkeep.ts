/**
 * What the cron does: brings spilled deliveries home, reads what was kept unread, and deletes what has passed its
 * time. All of it may be killed at any point and run again: nothing is forgotten before the store has it.
 */
import { intake, isLarge, nameArrival, type Places, readKept } from "./intake.ts";
import type { Level } from "./telemetry/log.ts";
import type { RetentionDays } from "./settings.ts";
import type { Spill, Spilled } from "./store/spill.ts";
import type { Cutoffs, Store } from "./store/store.ts";

/** Spilled deliveries drained in one run: a Worker on the free plan has 50 subrequests, and each costs about two. */
const DRAINED_PER_RUN = 10;

/** Deliveries read in one run that were kept unread: each costs three or four. */
const READ_PER_RUN = 3;

/** Slices of retention in one run, unless a plan has more subrequests to spend: each costs up to eight. */
const PURGES_PER_RUN = 3;

export interface UpkeepReport {
  drained: number;
  /** Spilled deliveries that still wait, counted up to 1,000; null where the second place could not be asked. */
  waiting: number | null;
  readAgain: number;
  purged: number;
  /** What a store refused; it is tried again by the next run. */
  failures: string[];
}

/** How much a report is worth telling: most runs find nothing to do. */
export function levelOf({ drained, waiting, readAgain, purged, failures }: UpkeepReport): Level {
  if (failures.length > 0) return "error";
  if (waiting !== null && waiting > 0) return "warn";
  return drained + readAgain + purged > 0 ? "info" : "debug";
}

/** One run of all duties. Each is tried, whatever became of the ones before it; what reads bodies comes last. */
export async function upkeep({ store, spill }: Places, retention: RetentionDays, now: number): Promise<UpkeepReport> {
  const report: UpkeepReport = { drained: 0, waiting: null, readAgain: 0, purged: 0, failures: [] };
  const duties = [
    async () => spill !== null && Object.assign(report, await drain(store, spill)),
    async () => store.noteUpkeep(now, report.waiting),
    async () => (report.purged = await purge(store, retention, now)),
    async () => (report.readAgain = (await readKept(store, "pending", READ_PER_RUN, null)).outcomes.length),
  ];
  for (const duty of duties) {
    try {
      await duty();
    } catch (error) {
      report.failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  return report;
}

/**
 * Spilled deliveries brought home; each is forgotten only when the store has it. A large one is stored unread, and
 * read by the last duty: whatever its reading does to this run, it is home by then.
 */
export async function drain(store: Store, spill: Spill): Promise<Pick<UpkeepReport, "drained" | "waiting">> {
  const { taken, waiting } = await spill.take(DRAINED_PER_RUN);
  const sized = taken.map((spilled) => ({ spilled, size: spilled.bytes.length }));
  const large = sized.filter(isLarge).map(({ spilled }) => spilled);
  const small = sized.filter((one) => !isLarge(one)).map(({ spilled }) => spilled);
  const stored = [
    ...(await bringIn(small, async (group) => intake({ store, spill: null }, group))),
    ...(await bringIn(large, async (group) => store.put(await Promise.all(group.map(nameArrival))))),
  ];
  for (const spilled of stored) await spill.remove(spilled.id);
  return { drained: stored.length, waiting: waiting - stored.length };
}

/** Those that the store has now: all in one write, or, where that fails, as many as it takes one by one. */
async function bringIn(
  waiting: readonly Spilled[],
  write: (group: readonly Spilled[]) => Promise<unknown>,
): Promise<Spilled[]> {
  if (waiting.length === 0) return [];
  try {
    await write(waiting);
    return [...waiting];
  } catch {
    const stored: Spilled[] = [];
    if (waiting.length > 1) for (const spilled of waiting) stored.push(...(await bringIn([spilled], write)));
    return stored;
  }
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
