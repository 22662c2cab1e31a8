/**
 * Merges the claims of one job or run. Each delivery has claims of its own, so none overwrites another. The record is
 * the claim with the greatest rank, in whatever order and however often they came. Pure.
 */

/** What one delivery says about one job or run, as far as the merge needs it. */
export interface Claim {
  /** The claim's key. */
  name: string;
  deliveryId: string;
  /** When the delivery first came, as far as its writer knew. Milliseconds since 1970, as all times here. */
  receivedAt: number;
  /** When it last came. */
  heardAt: number;
  /** The time from which its retention counts: later than `heardAt` if other deliveries have named the job since. */
  keptAt: number;
  /** Version of the reader that made it. */
  reader: number;
  rank: string;
  workflowRank: string | null;
  /** The run that the job belongs to, as a part of a key. */
  run: string | null;
  /** True for the value that the first version kept for a job, which every delivery overwrote. */
  isOlder: boolean;
}

export interface Merged<C extends Claim> {
  /** The claim with the greatest rank, with the times of all claims of its delivery. So are the next two. */
  record: C;
  /** The claim that tells of the workflow. */
  workflow: C | null;
  /** The first delivery, which is the job's place in lists. */
  first: C;
  /** When a delivery last named it. */
  heardAt: number;
}

/** Null without claims. */
export function merge<C extends Claim>(claims: readonly C[]): Merged<C> | null {
  const [some] = claims;
  if (some === undefined) return null;
  const readers = new Map<string, number>();
  for (const { deliveryId, reader } of claims) readers.set(deliveryId, Math.max(reader, readers.get(deliveryId) ?? 0));
  // A newer reader's claim of a delivery replaces an older one's, even if its rank is less.
  const standing = claims.filter(({ deliveryId, reader }) => reader === readers.get(deliveryId));
  const telling = claims.filter(({ workflowRank }) => workflowRank !== null);
  const record = standing.reduce((a, b) => (isGreater(b, a, "rank") ? b : a));
  const workflow = telling.length === 0 ? null : telling.reduce((a, b) => (isGreater(b, a, "workflowRank") ? b : a));
  return {
    record: withAllTimes(record, claims),
    workflow: workflow === null ? null : withAllTimes(workflow, claims),
    first: claims.reduce((a, b) => (isEarlier(b, a) ? b : a)),
    heardAt: Math.max(...claims.map(({ heardAt }) => heardAt)),
  };
}

/** A delivery has several claims if its repeats did not see each other. The earliest tells when it first came. */
function withAllTimes<C extends Claim>(claim: C, claims: readonly C[]): C {
  const alike = claims.filter(({ deliveryId, isOlder }) => deliveryId === claim.deliveryId && !isOlder);
  return {
    ...claim,
    receivedAt: Math.min(claim.receivedAt, ...alike.map(({ receivedAt }) => receivedAt)),
    heardAt: Math.max(claim.heardAt, ...alike.map(({ heardAt }) => heardAt)),
  };
}

/**
 * Two claims of equal rank are of one delivery whose repeats did not see each other. The later one has the greater
 * count.
 */
function isGreater(a: Claim, b: Claim, by: "rank" | "workflowRank"): boolean {
  const [rankA, rankB] = [a[by] ?? "", b[by] ?? ""];
  if (rankA !== rankB) return rankA > rankB;
  if (a.isOlder !== b.isOlder) return b.isOlder;
  return a.heardAt !== b.heardAt ? a.heardAt > b.heardAt : a.name > b.name;
}

function isEarlier(a: Claim, b: Claim): boolean {
  if (a.receivedAt !== b.receivedAt) return a.receivedAt < b.receivedAt;
  return a.isOlder !== b.isOlder ? a.isOlder : a.deliveryId < b.deliveryId;
}
