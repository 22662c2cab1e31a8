/**
 * What was acknowledged, and what of it retention may have taken since. A delivery that must be there is one of which
 * at least one acknowledged arrival is younger than every cutoff that passed after it, or that was the record of a
 * job or run that was heard of since that cutoff.
 */
import type { Body, Claim } from "./bodies.ts";
import { greatest, type Told, toldOf } from "./reference.ts";

/** What a step of retention is about, in milliseconds since 1970; null keeps for ever. */
export interface Cutoffs {
  jobs: number | null;
  bytes: number | null;
  quarantined: number | null;
}

export interface Arrival {
  /** When it came, in milliseconds since 1970, or shortly before. */
  at: number;
  isAcknowledged: boolean;
  /** Where it was acknowledged from, and so whether the store has heard of it yet. */
  via: "store" | "spill" | "queue" | null;
  /** Whether the store, or a queue, had it when it was acknowledged. In the spill the same bytes replace each other. */
  isCounted: boolean;
  mayBeGone: boolean;
  bytesMayBeGone: boolean;
}

export interface Sent {
  body: Body;
  arrivals: Arrival[];
}

/** What look-ups can see between two steps. */
export interface Seen {
  /** Deliveries of the store by id. */
  stored: ReadonlyMap<string, { status: string; count: number; hasBytes: boolean }>;
  /** Ids in the spill. */
  spilled: ReadonlySet<string>;
  /** When the store last heard of a job or run, by kind and id. */
  lastWords: ReadonlyMap<string, number>;
}

export const NOTHING_SEEN: Seen = { stored: new Map(), spilled: new Set(), lastWords: new Map() };

export class Ledger {
  readonly sent = new Map<string, Sent>();
  /** Deliveries that an import brought where the store had not all their arrivals. */
  readonly restored = new Set<string>();
  /** What deliveries say of jobs and runs that have passed their time since: a delivery may stay for another job. */
  readonly #forgotten = new Set<string>();

  arrive(body: Body, at: number): Arrival {
    const sent = this.sent.get(body.id) ?? { body, arrivals: [] };
    this.sent.set(body.id, sent);
    const arrival: Arrival = {
      at,
      isAcknowledged: false,
      via: null,
      isCounted: false,
      mayBeGone: false,
      bytesMayBeGone: false,
    };
    sent.arrivals.push(arrival);
    return arrival;
  }

  /** Bodies whose id fits. */
  bodies(fits: (id: string) => boolean): Body[] {
    return [...this.sent.values()].map(({ body }) => body).filter(({ id }) => fits(id));
  }

  /** Whether a delivery was acknowledged by the store, or what waited elsewhere has come to it. */
  isTaken = (id: string): boolean =>
    this.sent.get(id)?.arrivals.some(({ isAcknowledged, via }) => isAcknowledged && via === "store") === true;

  /** Whether retention may have taken the job or run, and left the delivery that tells of it. */
  mayBeForgotten = ({ delivery, claim }: Told): boolean => this.#forgotten.has(`${delivery} ${nameOf(claim)}`);

  /** The store has heard a delivery again, and so all that it says. */
  hear({ id, claims }: Body): void {
    for (const claim of claims) this.#forgotten.delete(`${id} ${nameOf(claim)}`);
  }

  mustBeThere = ({ arrivals }: Sent): boolean => arrivals.some((one) => one.isAcknowledged && !one.mayBeGone);

  /** What waits in a queue or in the spill brings its bytes when it comes. */
  mustHaveBytes = ({ arrivals }: Sent): boolean =>
    arrivals.some((one) => one.isAcknowledged && one.via === "store" && !one.mayBeGone && !one.bytesMayBeGone);

  /** What came through the spill is known to the store when it is there no more, and read. */
  settle({ stored, spilled }: Pick<Seen, "stored" | "spilled">): void {
    for (const [id, { body, arrivals }] of this.sent) {
      if (spilled.has(id) || (stored.get(id)?.status ?? "pending") === "pending") continue;
      for (const arrival of arrivals.filter(({ via }) => via === "spill")) {
        arrival.via = "store";
        this.hear(body);
      }
    }
  }

  /** Retention passed between two looks: what it may have taken it may have taken at any time between them. */
  passRetention(cutoffs: Cutoffs, before: Seen, after: Seen): void {
    if (cutoffs.jobs !== null) this.#forget(cutoffs.jobs, before);
    for (const sent of this.sent.values()) {
      const gone = Math.max(this.#goneBefore(sent, cutoffs, before), this.#goneBefore(sent, cutoffs, after));
      for (const arrival of sent.arrivals) {
        if (arrival.at < gone) arrival.mayBeGone = true;
        if (sent.body.isReadable && cutoffs.bytes !== null && arrival.at < cutoffs.bytes) arrival.bytesMayBeGone = true;
      }
    }
  }

  #forget(cutoff: number, { lastWords }: Seen): void {
    for (const { body } of this.sent.values())
      for (const claim of body.claims)
        if ((lastWords.get(nameOf(claim)) ?? -Infinity) < cutoff) this.#forgotten.add(`${body.id} ${nameOf(claim)}`);
  }

  /** The cutoff by which a delivery may go. */
  #goneBefore({ body, arrivals }: Sent, { jobs, quarantined }: Cutoffs, seen: Seen): number {
    const isOld = (cutoff: number) => arrivals.every(({ at, via }) => via !== "store" || at < cutoff);
    const isQuarantined = !body.isReadable || seen.stored.get(body.id)?.status === "quarantined";
    const byQuarantine = isQuarantined && quarantined !== null && isOld(quarantined) ? quarantined : -Infinity;
    const isNeeded = (cutoff: number) =>
      body.claims.some(
        (claim) => this.#isRecord(body, claim, seen) && (seen.lastWords.get(nameOf(claim)) ?? -Infinity) >= cutoff,
      );
    const byJobs = body.isReadable && jobs !== null && isOld(jobs) && !isNeeded(jobs) ? jobs : -Infinity;
    return Math.max(byQuarantine, byJobs);
  }

  #isRecord(body: Body, claim: Claim, { stored }: Seen): boolean {
    const { subject, id } = claim;
    if (this.mayBeForgotten({ delivery: body.id, claim })) return false;
    const read = this.bodies((other) => other === body.id || stored.get(other)?.status === "stored");
    return greatest(toldOf(read, subject, id))?.delivery === body.id;
  }

  /** Only what the store has heard of counts: it cannot know what waits in the spill or in a queue. */
  lastWords(): Map<string, number> {
    const words = new Map<string, number>();
    for (const { body, arrivals } of this.sent.values()) {
      const last = Math.max(-Infinity, ...arrivals.filter(({ via }) => via === "store").map(({ at }) => at));
      for (const claim of body.claims) words.set(nameOf(claim), Math.max(last, words.get(nameOf(claim)) ?? -Infinity));
    }
    return words;
  }
}

const nameOf = ({ subject, id }: Claim): string => `${subject} ${id}`;
