/**
 * Entries of the first version of the receiver: `job:<JobId>` with the job's record, which every delivery overwrote,
 * listed by `received:<time>:job:<JobId>` and `run-job:<RunId>:job:<JobId>`; and `run:<RunId>`. They are read as one
 * more claim, and never written.
 */
import { idKey } from "../keys.ts";
import type { DeliveryRow, JobRow } from "../rows.ts";
import type { ListedKey, Namespace } from "./namespace.ts";

export interface OlderJob {
  row: JobRow;
  delivery: DeliveryRow;
}

/** The part that its lists show: the key of the job's value. */
export interface OlderFacts {
  key?: string;
}

/** The JobIds of keys of its lists, one each. Takes one read for each 100 keys. */
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

/** Keys of another run may begin with this one's. The job's record tells which run it belongs to. */
export const olderMembersPrefix = async (runId: string): Promise<string> => `${await idKey("run-job:", runId)}:job:`;
