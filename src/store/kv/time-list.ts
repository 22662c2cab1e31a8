/**
 * Lists of jobs and of runs, last received first. A list goes through the deliveries, and shows a job at the place of
 * its first delivery. For each job that a delivery names, the claims are listed, so that the record is right and no job
 * comes twice, whatever each writer knew of the others. That is one operation for each job, so a page is limited, and
 * may be short with more to follow. Runs are listed in the same way.
 */
import { timeOfKey } from "../keys.ts";
import type { Page, Position } from "../lists.ts";
import { PositionError } from "../errors.ts";
import type { ListedClaim } from "./claims.ts";
import { BULK_KEYS, type KeyPage, LIST_KEYS, type ListedKey, type Namespace } from "./namespace.ts";
import { jobIdsOfOlder, type OlderFacts } from "./older.ts";
import { type ArrivedFacts, isOfThisVersion } from "./places.ts";
import type { Merged } from "./record.ts";

/** How many operations of KV a page may take: a Worker on the free plan has 50 subrequests. */
export const PAGE_OPERATIONS = 45;

/** How many of these a group takes, besides a list for each of its members. */
export const GROUP_OPERATIONS = 2;

/** How many of these a list of places takes: the list, and a read for what did not fit into it. */
export const SCAN_OPERATIONS = 2;

/** The times between which the first delivery must be, exclusive, in milliseconds since 1970. */
export interface Bounds {
  receivedAfter: number;
  receivedBefore: number;
}

/** Where the list continues: in which list of keys, with which cursor, at which key and which of its jobs. */
interface Place {
  /** `received` is the first version's list of jobs. */
  list: "arrived" | "ran" | "received";
  cursor: string | null;
  /** Keys before this one are done, and so are the first `done` jobs of this one. */
  key: string;
  done: number;
  /** True once a key of the first version was seen. */
  hasOlder: boolean;
}

const START = { cursor: null, key: "", done: 0, hasOlder: false };

/** A job or run at the place of a delivery that names it. */
interface Candidate {
  id: string;
  /** Null in the first version's list. */
  deliveryId: string | null;
  receivedAt: number;
  /** The list continues from here until the candidate is shown. */
  place: Place;
}

type Key = ListedKey<ArrivedFacts & OlderFacts>;

const receivedAtOf = ({ name }: Key): number => timeOfKey(name.split(":", 2)[1] ?? "");

/** What a list shows. */
interface Found {
  merged: Merged<ListedClaim>;
}

/** Lists what `read` finds for the ids at the places of `start`. */
export function timeListIn<T extends Found>(
  kv: Namespace,
  start: "arrived" | "ran",
  read: (ids: readonly string[]) => Promise<Map<string, T>>,
) {
  /** One list of places: the candidates in it, and where to continue. */
  async function scan(place: Place, limit: number, { receivedAfter, receivedBefore }: Bounds) {
    // If keys will be skipped, a long list costs no more than a short one.
    const isSkipping = place.key !== "" || receivedBefore !== Infinity;
    const page: KeyPage<ArrivedFacts & OlderFacts> = await kv.list(
      `${place.list}:`,
      isSkipping ? LIST_KEYS : limit,
      place.cursor,
    );
    const due = page.keys.filter((key) => {
      const receivedAt = receivedAtOf(key);
      return key.name >= place.key && receivedAt > receivedAfter && receivedAt < receivedBefore;
    });
    const { taken, rest } = oneRead(place.list, due);
    const hasOlder = place.hasOlder || page.keys.some((key) => !isOfThisVersion(key));
    const isBeyond = page.keys.some((key) => receivedAtOf(key) <= receivedAfter);
    let next = isBeyond ? null : nextPlace(place, page, hasOlder);
    if (next === null && place.list === "arrived" && hasOlder) next = { ...START, list: "received" as const, hasOlder };
    if (rest !== undefined) next = { ...place, key: rest.name, done: 0, hasOlder };
    return { found: await candidates(place, taken), next };
  }

  async function candidates(place: Place, keys: readonly Key[]): Promise<Candidate[]> {
    const isOlder = place.list === "received";
    const ids = isOlder ? await jobIdsOfOlder(kv, keys) : await kv.notesOf<string[]>(keys.filter(isOfThisVersion));
    const found = keys.flatMap((key) =>
      (ids.get(key.name) ?? [])
        .toSorted()
        .toReversed()
        .map((id, done): Candidate => ({
          id,
          deliveryId: isOlder ? null : key.name.slice(key.name.lastIndexOf(":") + 1),
          receivedAt: receivedAtOf(key),
          place: { ...place, key: key.name, done },
        })),
    );
    return found.filter((one) => one.place.key !== place.key || one.place.done >= place.done);
  }

  return async function listByTime(bounds: Bounds, limit: number, after: Position | null): Promise<Page<T>> {
    const items: T[] = [];
    let left = PAGE_OPERATIONS;
    let place: Place | null = after === null ? { ...START, list: start } : placeOf(after, start);
    while (place !== null) {
      const isAffordable = left > SCAN_OPERATIONS + GROUP_OPERATIONS;
      if (items.length >= limit || !isAffordable) return { items, next: positionOf(place) };
      const { found, next }: Awaited<ReturnType<typeof scan>> = await scan(place, limit, bounds);
      left -= SCAN_OPERATIONS;
      let rest = found;
      for (let [one] = rest; one !== undefined; [one] = rest) {
        const size = Math.min(limit - items.length, left - GROUP_OPERATIONS);
        if (size < 1) return { items, next: positionOf(one.place) };
        const group = rest.slice(0, size);
        const known = await read(group.map(({ id }) => id));
        left -= GROUP_OPERATIONS + group.length;
        for (const candidate of group) {
          const one = known.get(candidate.id);
          if (one !== undefined && isFirst(candidate, one)) items.push(one);
        }
        rest = rest.slice(size);
      }
      place = next;
    }
    return { items, next: null };
  };
}

/** As many keys as one read can complete, if the list does not show what they name, and the key after them. */
function oneRead(list: Place["list"], keys: readonly Key[]): { taken: readonly Key[]; rest: Key | undefined } {
  const isRead = ({ metadata }: Key) => list === "received" || (metadata?.version === 2 && metadata.note === undefined);
  const rest = keys.filter(isRead)[BULK_KEYS];
  return { taken: rest === undefined ? keys : keys.slice(0, keys.indexOf(rest)), rest };
}

/** Whether the candidate is at the place of the first delivery. */
function isFirst({ deliveryId, receivedAt }: Candidate, { merged: { first } }: Found): boolean {
  if (first.receivedAt !== receivedAt) return false;
  return deliveryId === null ? first.isOlder : !first.isOlder && first.deliveryId === deliveryId;
}

const nextPlace = (place: Place, { cursor }: KeyPage<unknown>, hasOlder: boolean): Place | null =>
  cursor === null ? null : { ...place, cursor, hasOlder };

const positionOf = ({ list, cursor, key, done, hasOlder }: Place): Position => [
  list,
  cursor ?? "",
  key,
  done,
  Number(hasOlder),
];

function placeOf([list, cursor, key, done, hasOlder]: Position, start: Place["list"]): Place {
  const isPlace =
    (list === start || (list === "received" && start === "arrived")) &&
    typeof cursor === "string" &&
    typeof key === "string" &&
    typeof done === "number";
  if (!isPlace) throw new PositionError("This position was not given by this list.");
  return { list, cursor: cursor === "" ? null : cursor, key, done, hasOlder: hasOlder === 1 };
}
