/**
 * What the first version of the receiver has written: `job:<JobId>` with the job's record, which every delivery
 * overwrote, found through `received:<time>:job:<JobId>` and `run-job:<RunId>:job:<JobId>`; and `run:<RunId>`.
 * It is read as one claim more, and never written.
 */
import { idKey } from "../keys.ts";
import type { DeliveryRow, JobRow } from "../rows.ts";
import type { ListedKey, Namespace } from "./namespace.ts";

export interface OlderJob {
  row: JobRow;
  delivery: DeliveryRow;
}

/** What its lists tell: the key of the job's value. */
export interface OlderFacts {
  key?: string;
}

/** The JobIds that keys of its lists stand for: one each. One read for each 100 keys. */
export async function jobIdsOfOlder(
  kv: Namespace,
  keys: readonly ListedKey<OlderFacts>[],
): Promise<Map<string, string[]>> {
  const values = await kv.getMany<OlderJob>(keys.flatMap(({ metadata }) => metadata?.key ?? []));
  return new Map(
    keys.flatMap(({ name, metadata }): [string, string[]][] => {
      const older = values.get(metadata?.key ?? "");
      return older === undefined ? [] : [[name, [older.row.job_id]]];
    }),
  );
}

/** Keys of another run may begin so too: which run a job belongs to, its record tells. */
export const olderMembersPrefix = async (runId: string): Promise<string> => `${await idKey("run-job:", runId)}:job:`;
