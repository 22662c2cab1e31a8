/** Follows the receiver's changes and posts them, one after another, remembering after each how far it got. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, createClient, type ListedJob, ReceiverError } from "../../src/client/client.ts";
import { defaultBackoff, mayPass, retryAfterOf } from "../../src/client/patience.ts";
import { explain } from "../simulate/send.ts";
import { type Answer, answerLine, isTaken, timeText } from "./lines.ts";
import { eventMessage, idOf, type Kind, kindOf, type Message, rawMessage } from "./message.ts";
import type { ListenOptions } from "./options.ts";
import { postMessage } from "./post.ts";
import { addTold, type ListenState, saveState } from "./state.ts";

export interface Listening {
  options: ListenOptions;
  state: ListenState;
  /** What events are signed with. */
  secret: string;
  /** Prints a line. */
  say: (line: string) => void;
  isColored: boolean;
  /** Posts so far, by whether they were answered with a 2xx. */
  tally: { taken: number; refused: number };
  signal: AbortSignal;
}

/**
 * Runs until the signal aborts. Rejects if waiting does not help: an answer of the receiver, or a fault of the state
 * file.
 */
export async function follow(listening: Listening): Promise<void> {
  const { options, state, say, signal } = listening;
  const client = createClient({ baseUrl: options.base, token: options.token });
  const tell = tellerOf(client, listening);
  const after = options.fromStart ? "start" : state.cursor;
  let isFirst = true;
  const onFailure = (error: unknown, pauseSeconds: number) => say(failureLine(error, pauseSeconds));
  try {
    for await (const { jobs, cursor } of client.changes({ after, signal, onFailure })) {
      if (isFirst && options.last > 0) for (const job of await lastJobs(client, listening)) await tell(job);
      isFirst = false;
      for (const job of jobs) if (isWanted(job, options) && !state.told.includes(keyOf(job, options))) await tell(job);
      state.cursor = cursor;
      await saveState(options.stateFile, state);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** A job that was only announced is posted when it is overdue, and never as a callback. */
const isWanted = ({ terminal, delivery, expectation }: ListedJob, { all, raw }: ListenOptions): boolean =>
  terminal || (all && (delivery !== null || (expectation?.overdue === true && !raw)));

/** What must be posted only once: an event by its id, a callback by its delivery, which several jobs may share. */
const keyOf = (job: ListedJob, { raw, to }: ListenOptions): string => (raw ? (job.delivery?.id ?? "") : idOf(job, to));

/** The last wanted jobs, oldest first. */
async function lastJobs(client: Client, listening: Listening): Promise<ListedJob[]> {
  const { options, signal } = listening;
  return persistently(listening, async () => {
    const found = new Map<string, ListedJob>();
    for await (const job of client.listJobs({}, { signal })) {
      const key = keyOf(job, options);
      if (isWanted(job, options) && !found.has(key)) found.set(key, job);
      if (found.size === options.last) break;
    }
    return [...found.values()].toReversed();
  });
}

/** Posts one job, prints the outcome, and remembers it. */
function tellerOf(client: Client, listening: Listening): (job: ListedJob) => Promise<void> {
  const { options, state, say, isColored, tally, signal } = listening;
  return async (listed) => {
    const found = await persistently(listening, () => messageOf(client, listed, listening));
    if (found === null) return;
    const { job, kind, message } = found;
    const answer: Answer =
      typeof message === "string"
        ? { status: null, fault: message, milliseconds: 0 }
        : await postMessage(options.to, message, signal);
    tally[isTaken(answer) ? "taken" : "refused"] += 1;
    say(answerLine(new Date(), kind, job, answer, isColored));
    // The job may have changed since it was listed. If it is listed again as it is now, it is not posted again.
    for (const each of [listed, job]) addTold(state, keyOf(each, options));
    await saveState(options.stateFile, state);
  };
}

interface Found {
  job: ListedJob;
  kind: Kind;
  /** The message to post, or why there is none. */
  message: Message | string;
}

/** The event about the job as it is now, as in forwarding. Null if the job is gone. */
async function messageOf(client: Client, listed: ListedJob, { options, secret, signal }: Listening) {
  const found = (job: ListedJob, kind: Kind, message: Message | string): Found => ({ job, kind, message });
  const kind = options.raw ? "callback" : kindOf(listed);
  try {
    if (options.raw) {
      const id = listed.delivery?.id;
      if (id === undefined) return null;
      const [delivery, bytes] = await Promise.all([
        client.getDelivery(id, { signal }),
        client.getDeliveryRaw(id, { signal }),
      ]);
      return bytes === null ? null : found(listed, kind, rawMessage(bytes, delivery?.contentType ?? null));
    }
    const job = await client.getJob(listed.jobId, { signal });
    return job === null ? null : found(job, kindOf(job), await eventMessage(job, options.to, secret, Date.now()));
  } catch (error) {
    const isLost = error instanceof ReceiverError && (error.code === "bytes-gone" || error.code === "corrupt-bytes");
    if (!isLost) throw error;
    return found(listed, kind, `nothing posted: ${error.code}`);
  }
}

/** Repeats a request until it is answered, through outages. */
async function persistently<T>({ say, signal }: Listening, ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted || !mayPass(error)) throw error;
      const pauseSeconds = Math.max(defaultBackoff(tries), retryAfterOf(error));
      say(failureLine(error, pauseSeconds));
      await sleep(pauseSeconds * 1000, undefined, { signal });
    }
  }
}

function failureLine(error: unknown, pauseSeconds: number): string {
  const { message, cause } = error as Error;
  // If a connection failed, only the cause says why.
  const reason = cause === undefined ? message.replace(/\.$/, "") : explain(error, 0).fault;
  return `${timeText(new Date())}  No answer from the receiver (${reason}). Trying again in ${Math.ceil(pauseSeconds)} s.`;
}
