/**
 * The places of deliveries and jobs in lists: `arrived:<time>:<delivery>` for every delivery, with the jobs it names;
 * `status:<status>:<time>:<delivery>` for the less common statuses; `member:<RunId>:<JobId>` for the jobs of a run;
 * `ran:<time>:<delivery>` for a delivery that tells the end of runs.
 */
import { keyPart } from "../keys.ts";
import type { ReadingRow } from "../rows.ts";
import type { DeliveryStatus } from "../store.ts";
import { type Head, keptAt, placeOf } from "./heads.ts";
import type { ListedKey, Namespace } from "./namespace.ts";
import { expiryOf, type Retention } from "./retention.ts";

/** The part of a delivery that lists show. `version` is absent in keys of the first version, which name no jobs. */
export interface ArrivedFacts {
  status: DeliveryStatus;
  version?: 2;
}

/** The part of a pending or quarantined delivery that lists show. */
export interface StatusFacts {
  /** How many attempts to read it have begun. */
  attempts?: number;
  code?: NonNullable<ReadingRow["reason_code"]>;
}

export const ARRIVED = "arrived:";
export const RAN = "ran:";
export const statusPrefix = (status: DeliveryStatus): string => `status:${status}:`;
export const statusKey = (status: DeliveryStatus, head: Pick<Head, "received_at" | "id">): string =>
  statusPrefix(status) + placeOf(head);
export const memberPrefix = async (runId: string): Promise<string> => `member:${await keyPart(runId)}:`;

/** Keys of the first version have no list of jobs. */
export const isOfThisVersion = ({ metadata }: ListedKey<ArrivedFacts>): boolean => metadata?.version === 2;

export type Places = ReturnType<typeof placesIn>;

export function placesIn(kv: Namespace, retention: Retention) {
  async function setStatus(head: Head): Promise<void> {
    if (head.status === "stored") return;
    const facts: StatusFacts = head.reason_code === null ? {} : { code: head.reason_code };
    await kv.set(statusKey(head.status, head), "", expiryOf(head.status, retention, keptAt(head)), facts);
  }

  /** The runs whose end a delivery told. */
  const setRan = (head: Head, runIds: readonly string[]) =>
    kv.setNoted(RAN + placeOf(head), { version: 2 }, runIds, expiryOf("stored", retention, keptAt(head)));

  async function setArrived(head: Head, jobIds: readonly string[]): Promise<void> {
    const facts = { status: head.status, version: 2 } satisfies ArrivedFacts;
    await kv.setNoted(ARRIVED + placeOf(head), facts, jobIds, expiryOf(head.status, retention, keptAt(head)));
  }

  return {
    setRan,

    /** Writes the delivery's places, as its head tells. */
    async write(head: Head, jobIds: readonly string[]): Promise<void> {
      await setArrived(head, jobIds);
      // The place of a pending delivery counts attempts, so pending.ts writes it.
      if (head.status !== "pending") await setStatus(head);
    },

    /** Deletes the delivery's place in the list of its former status. */
    async leave(before: Head | null, head: Head): Promise<void> {
      if (before === null || before.status === "stored") return;
      const key = statusKey(before.status, before);
      if (key !== statusKey(head.status, head)) await kv.remove(key);
    },

    /** Renews the place of a delivery that named jobs, to keep it for longer. */
    async renew(head: Head): Promise<void> {
      const note = async (key: string) => {
        const { keys } = await kv.list<ArrivedFacts>(key, 1, null);
        return (await kv.notesOf<string[]>(keys.filter(isOfThisVersion))).get(key);
      };
      const jobIds = await note(ARRIVED + placeOf(head));
      if (jobIds !== undefined) await setArrived(head, jobIds);
      const runIds = await note(RAN + placeOf(head));
      if (runIds !== undefined) await setRan(head, runIds);
    },

    /** Writes that the job belongs to the run. */
    async join(runId: string, jobId: string, since: number): Promise<void> {
      const key = (await memberPrefix(runId)) + (await keyPart(jobId));
      await kv.setNoted(key, {}, jobId, expiryOf("stored", retention, since));
    },
  };
}
