/**
 * Which claim is the record of a job or run, by the words of the second promise (a terminal state never falls back;
 * between two the later EndTime wins, then the greater delivery id). Written anew here: the receiver's own order is
 * what is tested.
 */
import type { Body, Claim } from "./bodies.ts";

export interface Told {
  delivery: string;
  claim: Claim;
}

/** What these deliveries say of one job or run. */
export const toldOf = (bodies: Iterable<Body>, subject: Claim["subject"], id: string): Told[] =>
  [...bodies].flatMap((body) =>
    body.claims
      .filter((claim) => claim.subject === subject && claim.id === id)
      .map((claim) => ({ delivery: body.id, claim })),
  );

/** Less than 0 where `a` says less than `b`. */
export function compare(a: Told, b: Told): number {
  return (
    Number(a.claim.terminal) - Number(b.claim.terminal) ||
    Number(a.claim.full) - Number(b.claim.full) ||
    a.claim.endedAt - b.claim.endedAt ||
    progressOf(a.claim) - progressOf(b.claim) ||
    (a.delivery < b.delivery ? -1 : Number(a.delivery > b.delivery))
  );
}

/** Of a run the state counts only where it is terminal. */
function progressOf({ subject, state }: Claim): number {
  if (subject === "run" || state === null) return 0;
  return state === "Submitted" ? 1 : 2;
}

export const greatest = (told: readonly Told[]): Told | null =>
  told.reduce<Told | null>((best, one) => (best === null || compare(one, best) > 0 ? one : best), null);

/** The workflow of a job is told by its own callback before a line, and then by the greater delivery id. */
export const compareWorkflows = (a: Told, b: Told): number =>
  Number(a.claim.full) - Number(b.claim.full) || (a.delivery < b.delivery ? -1 : Number(a.delivery > b.delivery));
