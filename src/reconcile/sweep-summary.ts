/** What the sweep has come to, for who asks how the receiver does. */
import type { CiSettings } from "../settings.ts";
import type { Store } from "../store/store.ts";
import { summaryOf, sweepName, sweptLists, type SweepState, type SweepSummary } from "./sweep-state.ts";

export type { SweepSummary } from "./sweep-state.ts";

/** One read; null where nothing is swept. Rejects with a StoreError. */
export async function readSweeps({ sweeps }: Store, { keys, queues }: CiSettings): Promise<SweepSummary | null> {
  const names = sweptLists(queues).map(sweepName);
  if (keys === null || sweeps === null || names.length === 0) return null;
  const kept = await sweeps.read(names);
  return summaryOf(names.map((name) => kept.get(name)?.state as SweepState | undefined));
}
