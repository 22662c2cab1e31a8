/**
 * What changed, asked once for all who wait in this isolate: the last question's answer is kept beside the binding, as
 * plain data, since a promise of one request cannot be awaited in another. Whoever finds it too old asks anew; nobody
 * waits for another's question, so one that never ends holds up its own request alone.
 */
import type { News } from "../store.ts";

/** A change as a feed orders them. Several jobs may have one number: they changed in one statement. */
export interface Change {
  change: number;
  job_id: string;
}

/** What is asked of the database. */
export interface NewsSource {
  newest(): Promise<number>;
  /** The first changes of a greater number, in order. */
  changesAfter(number: number, limit: number): Promise<Change[]>;
}

/** Changes asked for at once. Where there are more, whoever waits looks for himself. */
const ASKED_AT_ONCE = 500;

/** Jobs remembered; then all are forgotten, and whoever waits looks for himself once. */
const REMEMBERED_JOBS = 5_000;

/** Without anybody waiting for so long, what happened meanwhile is not asked for, in milliseconds. */
const FORGOTTEN_AFTER_MILLISECONDS = 5_000;

interface Known {
  /** When the last question began, in milliseconds since 1970. */
  askedAt: number;
  /** All changes after `from` and up to `upTo` are in `changed`, each job by its last. */
  from: number;
  upTo: number;
  changed: Map<string, number>;
}

const knownOf = new WeakMap<object, Known>();

/**
 * `binding` names the database: what is known of it is shared by all that are given the same one. It is not looked at
 * before somebody asks, since callbacks are taken in without one.
 */
export function sharedNews(binding: object, source: NewsSource, now: () => number = Date.now): News {
  const news = () => newsOf(knownAbout(binding), source, now);
  return {
    start: async () => news().start(),
    after: async (...asked) => news().after(...asked),
  };
}

function knownAbout(binding: object): Known {
  const known = knownOf.get(binding) ?? { askedAt: 0, from: 0, upTo: 0, changed: new Map() };
  knownOf.set(binding, known);
  return known;
}

function newsOf(known: Known, source: NewsSource, now: () => number): News {
  async function beginAnew(): Promise<void> {
    const newest = await source.newest();
    known.changed.clear();
    known.from = known.upTo = newest;
  }

  async function ask(): Promise<void> {
    known.askedAt = now();
    const changes = await source.changesAfter(known.upTo, ASKED_AT_ONCE);
    if (changes.length === ASKED_AT_ONCE || known.changed.size + changes.length > REMEMBERED_JOBS) return beginAnew();
    for (const { change, job_id } of changes) {
      known.changed.set(job_id, Math.max(change, known.changed.get(job_id) ?? 0));
      known.upTo = Math.max(known.upTo, change);
    }
  }

  return {
    async start() {
      if (now() - known.askedAt > FORGOTTEN_AFTER_MILLISECONDS) {
        known.askedAt = now();
        await beginAnew();
      }
      return known.upTo;
    },

    async after(number, jobId, oldestMilliseconds) {
      if (now() - known.askedAt >= oldestMilliseconds) await ask();
      const changed = jobId === null ? known.upTo : (known.changed.get(jobId) ?? 0);
      return number < known.from || changed > number ? known.upTo : null;
    },
  };
}
