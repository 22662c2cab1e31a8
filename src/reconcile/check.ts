/** One signed request each to describe and to list, to learn whether CI can be asked at all, and if not, what is wrong. */
import type { Result } from "../callback/result.ts";
import type { Means } from "./asking.ts";
import { type AskFailure, type CheckFault, faultOf, textOf } from "./faults.ts";
import { placeOf } from "./location.ts";
import { sweptLists } from "./sweep-state.ts";
import type { Place } from "./queues.ts";

export interface CheckAnswer {
  request: "describe" | "list";
  /** Null where neither a setting nor a job says which to ask. */
  bucket: string | null;
  region: string | null;
  fault: CheckFault | null;
  /** What came, for people: CI's own code and message where it gave them. */
  says: string;
  requestId: string | null;
}

/** A job that nobody has: CI says that it does not know it, to whoever may ask. */
const NOBODYS_JOB = "j00000000000000000000000000000000";

/** Lists that are tried: each is a request. */
const LISTS_TRIED = 5;

export async function check({ places, ci, queues }: Means): Promise<CheckAnswer[]> {
  const lists = sweptLists(queues);
  const place = lists[0] ?? (await placeOfNewest({ places, queues }));
  if (place === null) {
    const says = "CI_QUEUES names no queue, and no job is known whose bucket could be asked.";
    return [{ request: "describe", bucket: null, region: null, fault: "setting", says, requestId: null }];
  }
  const described = answerOf("describe", place, await ci.describe(place, { jobId: NOBODYS_JOB }));
  const listed = [];
  for (const list of lists.slice(0, LISTS_TRIED)) {
    const answer = await ci.list({ ...list, start: null, end: null, size: 1, nextToken: null, order: "Desc" });
    listed.push(answerOf("list", list, answer));
  }
  return [described, ...listed];
}

async function placeOfNewest({ places, queues }: Pick<Means, "places" | "queues">): Promise<Place | null> {
  const { items } = await places.store.listJobs({}, 1, null);
  const [newest] = items;
  return newest === undefined ? null : placeOf(newest.summary, queues);
}

function answerOf(
  request: CheckAnswer["request"],
  { bucket, region }: Place,
  answer: Result<{ requestId: string | null }, AskFailure>,
): CheckAnswer {
  const asked = { request, bucket, region };
  if (answer.ok) return { ...asked, fault: null, says: "CI answers.", requestId: answer.value.requestId };
  const { error } = answer;
  const requestId = "requestId" in error ? error.requestId : null;
  return { ...asked, fault: faultOf(error), says: textOf(error), requestId };
}
