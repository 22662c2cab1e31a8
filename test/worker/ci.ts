/** CI as a test of the Worker sees it: a real server of its own (tools/ci), the jobs it knows, and their callbacks. */
import { env } from "cloudflare:workers";
import { inject } from "vitest";
import { placesOf } from "../../src/bindings.ts";
import { readSettings } from "../../src/settings.ts";
import { printXml, type Tree } from "../../tools/callbacks/tree.ts";
import { toBeijingTime } from "../../tools/callbacks/time.ts";
import type { KnownJob } from "../../tools/ci/jobs.ts";
import type { Asking, Misbehaviour, Spell } from "../../tools/ci/local-ci.ts";
import { newJobId } from "./bodies.ts";
import type { Changes } from "./receiver.ts";

/** The queue in which its jobs run. */
export const { queue: LOCAL_QUEUE } = inject("ci");
export const TAG = "WordsGeneralize";
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export interface Ci {
  url: string;
  know(...jobs: readonly KnownJob[]): Promise<void>;
  forget(jobId: string): Promise<void>;
  misbehave(misbehaviour: Misbehaviour & Spell): Promise<void>;
  behave(): Promise<void>;
  /** What it was asked, about one job or at all. */
  requests(jobId?: string): Promise<Asking[]>;
}

export async function newCi(): Promise<Ci> {
  const url = await (await fetch(inject("ci").url, { method: "POST" })).text();
  const tell = async (path: string, body: unknown, method = "POST") => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${url}/-/${path}`, {
      method,
      headers,
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  };
  return {
    url,
    know: async (...jobs) => void (await tell("jobs", jobs)),
    forget: async (jobId) => void (await tell(`jobs/${encodeURIComponent(jobId)}`, null, "DELETE")),
    misbehave: async (misbehaviour) => void (await tell("misbehave", misbehaviour)),
    behave: async () => void (await tell("behave", {})),
    async requests(jobId) {
      const query = jobId === undefined ? "" : `?jobId=${encodeURIComponent(jobId)}`;
      return ((await tell(`requests${query}`, null, "GET")) as { requests: Asking[] }).requests;
    },
  };
}

/** Settings of a receiver that asks this CI. */
export const asking = ({ url }: Ci): Changes => ({
  CI_ENDPOINT: url,
  CI_SECRET_ID: inject("ci").secretId,
  CI_SECRET_KEY: inject("ci").secretKey,
});

/** The same, with one list of jobs to sweep. */
export const sweeping = (ci: Ci, tags: readonly string[] = [TAG]): Changes => ({
  ...asking(ci),
  CI_QUEUES: JSON.stringify([{ ...LOCAL_QUEUE, tags }]),
});

/** The store of a receiver with these settings. */
export const storeOf = (changes: Changes) =>
  placesOf({ ...env, ...changes } as Env, readSettings({ ...env, ...changes }).settings, 0).store;

export interface CiJob {
  jobId?: string;
  state?: string;
  /** Milliseconds since 1970. */
  createdAt?: number;
  endedAt?: number | null;
  words?: readonly string[];
  userData?: string;
  tag?: string;
}

const isEnded = (state: string) => state === "Success" || state === "Failed" || state === "Cancel";

/** A job as CI knows it: one that ended ten minutes ago, unless told otherwise. */
export function ciJob(said: CiJob = {}): KnownJob & { jobId: string } {
  const { jobId = newJobId(), state = "Success", tag = TAG } = said;
  const createdAt = Math.floor((said.createdAt ?? Date.now() - 20 * MINUTE) / 1000) * 1000;
  const {
    endedAt = isEnded(state) ? Date.now() - 10 * MINUTE : null,
    words = ["今天", "60"],
    userData = "order 1",
  } = said;
  const result = {
    WordsGeneralizeToken: words.map((Word, Offset) => ({ Length: Word.length, Offset, Pos: "n", Word })),
  };
  const detail: Tree = {
    Code: state === "Failed" ? "InvalidInput" : "Success",
    CreationTime: toBeijingTime(createdAt),
    EndTime: endedAt === null ? "-" : toBeijingTime(endedAt),
    Input: { BucketId: LOCAL_QUEUE.bucket, Object: "notes/a.txt", Region: LOCAL_QUEUE.region },
    JobId: jobId,
    Message: "",
    Operation: { UserData: userData, ...(state === "Success" && { WordsGeneralizeResult: result }) },
    QueueId: LOCAL_QUEUE.queueId,
    State: state,
    Tag: tag,
  };
  return { ...LOCAL_QUEUE, jobId, tag, moderation: null, state, createdAt, detail };
}

/** The callback of a job; `changes` are nodes that it tells otherwise, undefined for those that it leaves out. */
export const callbackOf = ({ detail }: KnownJob, changes: Tree = {}): string =>
  printXml(
    "Response",
    { EventName: "TaskFinish", JobsDetail: { ...detail, ...changes } },
    { declaration: false, indent: false },
  );
