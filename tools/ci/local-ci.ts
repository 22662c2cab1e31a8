/** What a local CI knows, how it misbehaves, and what it was asked. Knows nothing of HTTP. */
import type { KnownJob } from "./jobs.ts";

/** What the CI does instead of answering. */
export type Misbehaviour =
  /** 429 `SlowDown`; `retryAfter` is the header as it is sent. */
  | { how: "slow-down"; retryAfter?: string | number | null }
  /** An answer with that status and an `Error`. */
  | { how: "error"; status: number }
  /** It never answers. */
  | { how: "hang" }
  /** It sends the first half of the answer. */
  | { how: "broken" }
  | { how: "redirect"; to: string }
  /** It closes the connection. */
  | { how: "reset" };

export interface Spell {
  /** For how many requests. Default: until `behave`. */
  times?: number | null;
  /** Only for requests about this job. Default: all. */
  jobId?: string | null;
}

/** One request that came, signed or not. */
export interface Asking {
  /** In milliseconds since 1970, by the clock that the CI was given. */
  at: number;
  path: string;
  /** The jobs of a describe; none for a list. */
  jobIds: readonly string[];
  /** 0 if no answer was given. */
  status: number;
}

/** How many requests are remembered. */
const REQUESTS = 10_000;

export class LocalCi {
  readonly jobs = new Map<string, KnownJob>();
  readonly requests: Asking[] = [];
  #spells: { misbehaviour: Misbehaviour; times: number; jobId: string | null }[] = [];

  /** Replaces what is known about these jobs. */
  know(jobs: readonly KnownJob[]): void {
    for (const job of jobs) this.jobs.set(job.jobId, job);
  }

  forget(jobId: string): void {
    this.jobs.delete(jobId);
  }

  misbehave(misbehaviour: Misbehaviour, { times, jobId = null }: Spell = {}): void {
    this.#spells.push({ misbehaviour, times: times ?? Number.POSITIVE_INFINITY, jobId });
  }

  behave(): void {
    this.#spells = [];
  }

  /** How often this job was asked about, at any path. */
  requestsOf(jobId: string): number {
    return this.requests.filter(({ jobIds }) => jobIds.includes(jobId)).length;
  }

  note(asking: Asking): void {
    this.requests.push(asking);
    if (this.requests.length > REQUESTS) this.requests.shift();
  }

  /** How it misbehaves towards this request, which counts as one of its `times`. */
  nextMisbehaviour(jobIds: readonly string[]): Misbehaviour | null {
    const spell = this.#spells.find(({ jobId }) => jobId === null || jobIds.includes(jobId));
    if (spell === undefined) return null;
    spell.times -= 1;
    if (spell.times <= 0) this.#spells = this.#spells.filter((other) => other !== spell);
    return spell.misbehaviour;
  }
}
