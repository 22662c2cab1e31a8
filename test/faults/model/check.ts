/** What must hold: after every step in the look-ups, and at the end, with all faults over, of everything that was kept. */
import { env } from "cloudflare:workers";
import type { Job, Run } from "../../../src/wire.ts";
import { sha256 } from "../../worker/receiver.ts";
import type { Body } from "./bodies.ts";
import type { Seen } from "./ledger.ts";
import { NEWER_TAG } from "./readers.ts";
import { compare, compareWorkflows, greatest, type Told, toldOf } from "./reference.ts";
import type { World } from "./world.ts";

type Get = (path: string) => Promise<Response>;

const fail = (reason: string): never => {
  throw new Error(reason);
};

/** The status of a callback that was acknowledged; null where it was refused with a reason that holds. */
export async function checkAnswer(
  response: Response,
  body: Body,
  { isFaulty, settings }: { isFaulty: boolean; settings: Record<string, string> },
): Promise<string | null> {
  const text = await response.text();
  const told = `a callback (${JSON.stringify(body.spec)}) was answered ${response.status}: ${text}`;
  const limit = Number(settings["MAX_BODY_BYTES"]);
  if (response.status === 503) return isFaulty ? null : fail(told);
  if (response.status === 413) return limit > 0 && body.bytes.length > limit ? null : fail(told);
  const answer = JSON.parse(text) as { delivery: string; status: string; jobs: string[] };
  const expected = body.isReadable ? 200 : body.spec.kind === "malformed" ? 400 : 415;
  if (response.status !== expected || answer.delivery !== body.id) return fail(told);
  if (!body.isReadable) return "quarantined";
  const jobs = new Set(body.claims.filter(({ subject }) => subject === "job").map(({ id }) => id));
  if (answer.jobs.length !== jobs.size || !answer.jobs.every((jobId) => jobs.has(jobId))) fail(told);
  return answer.status;
}

/** What the look-ups of one job or run have to go by. */
interface Known {
  /** Deliveries that look-ups know for certain. */
  certain: Told[];
  /** Those that they may know besides. */
  visible: Told[];
}

/** Every job and run that was ever named is answered as what is known says, or, under faults, with 503. */
export async function checkLookUps(
  world: World,
  get: Get,
  look: { isFaulty: boolean; before: Seen; pointed: ReadonlySet<string> } | null = null,
): Promise<void> {
  const subjects = new Map(
    world.ledger
      .bodies(() => true)
      .flatMap(({ claims }) => claims.map(({ subject, id }) => [`${subject} ${id}`, { subject, id }])),
  );
  for (const { subject, id } of subjects.values()) {
    const response = await get(`/${subject}s/${id}`);
    if (response.status === 503 && look?.isFaulty === true) continue;
    if (look !== null) await world.observe();
    const known = knownOf(world, subject, id, look?.before ?? world.seen, look?.pointed ?? world.pointed);
    const text = await response.text();
    const told = `${subject} ${id} was answered ${response.status}: ${text.replaceAll(/(?:filler )+/g, "").slice(0, 600)}`;
    if (response.status === 404) {
      if (known.certain.length > 0) fail(`${told}, and ${known.certain[0]?.delivery} tells of it`);
      continue;
    }
    if (response.status !== 200) fail(told);
    const isFaulty = look?.isFaulty === true;
    if (subject === "run") checkRun(JSON.parse(text) as Run, known, told, isFaulty);
    else await checkJob(world, JSON.parse(text) as Job, known, told, look === null ? get : null, isFaulty);
  }
}

function knownOf(world: World, subject: "job" | "run", id: string, before: Seen, pointed: ReadonlySet<string>): Known {
  const isStored = (seen: Seen, delivery: string) => seen.stored.get(delivery)?.status === "stored";
  const isPointed = (delivery: string) => subject === "job" && pointed.has(delivery);
  const isThere = (seen: Seen, delivery: string) => seen.stored.has(delivery) || seen.spilled.has(delivery);
  const isPromised = (one: string) => world.store === "d1" || world.ledger.isTaken(one);
  const certain = world.ledger.bodies(
    (one) =>
      isPromised(one) &&
      (isStored(before, one) || (isPointed(one) && before.spilled.has(one))) &&
      (isStored(world.seen, one) || (isPointed(one) && world.seen.spilled.has(one))),
  );
  const told = toldOf(certain, subject, id);
  // An end that the store has is answered without a question to the spill, where a later end may wait for the drain.
  const isEnded = told.some(({ delivery, claim }) => isStored(world.seen, delivery) && claim.terminal && claim.full);
  // In KV a write that was cut off may be visible in part until it is tried again.
  const mayBeThere = (one: string) => world.store === "kv" || isThere(before, one) || isThere(world.seen, one);
  const visible = world.ledger.bodies(mayBeThere);
  return {
    certain: told.filter(
      (one) => !world.ledger.mayBeForgotten(one) && (!isEnded || isStored(world.seen, one.delivery)),
    ),
    visible: toldOf(visible, subject, id),
  };
}

function checkRun(run: Run, { certain, visible }: Known, told: string, isFaulty: boolean): void {
  const best = greatest(certain);
  // As of a job: where the store cannot be asked, the end in the spill is as good an answer as there is.
  const isEnough = (one: Told) => best === null || compare(one, best) >= 0 || (isFaulty && one.claim.terminal);
  const isAllowed = (one: Told) => one.claim.state === run.state && isEnough(one);
  // Until its own end has come a run is what its jobs tell of it.
  if (best === null && run.state === null) return;
  if (!visible.some(isAllowed)) fail(`${told}, and of the run is known ${textOf(certain)}`);
}

async function checkJob(world: World, job: Job, known: Known, told: string, get: Get | null, isFaulty: boolean) {
  const best = greatest(known.certain);
  const one =
    known.visible.find(({ delivery }) => delivery === job.delivery?.id) ??
    fail(`${told}, of a delivery that is not there`);
  // Where the store cannot be asked, the end of a job in the spill is as good an answer as there is.
  const isEndEnough = isFaulty && one.claim.terminal;
  if (best !== null && compare(one, best) < 0 && !isEndEnough) fail(`${told}, and ${textOf([best])} says more`);
  const { state, stateSource, terminal } = one.claim;
  if (job.state !== state || job.stateSource !== stateSource || job.terminal !== terminal)
    fail(`${told}, and its delivery says ${textOf([one])}`);
  checkWorkflow(world, job, known, told);
  if (get === null) return;
  const raw = await get(`/jobs/${job.jobId}/raw`);
  const bytes = new Uint8Array(await raw.arrayBuffer());
  if (raw.status === 410) {
    const sent = world.ledger.sent.get(one.delivery);
    if (sent !== undefined && world.ledger.mustHaveBytes(sent)) fail(`${told}, and its bytes are gone`);
  } else if (raw.status !== 200 || (await sha256(bytes)) !== one.delivery)
    fail(`${told}, and its raw is ${raw.status} ${new TextDecoder().decode(bytes.slice(0, 300))}`);
}

/** Which delivery may tell the workflow: the greatest known, or a greater one that was there before. */
function checkWorkflow(world: World, job: Job, { certain }: Known, told: string): void {
  // Until the drain the spill adds its own word, whatever it is.
  if (world.seen.spilled.size > 0) return;
  const tells = (one: Told) => one.claim.runId !== null;
  const least = certain.filter(tells).toSorted(compareWorkflows).at(-1);
  if (job.workflow === null) {
    if (least !== undefined) fail(`${told}, and ${textOf([least])} tells a workflow`);
    return;
  }
  const everTold = toldOf(
    world.ledger.bodies(() => true),
    "job",
    job.jobId,
  ).filter(tells);
  const isAllowed = (one: Told) =>
    one.claim.runId === job.workflow?.runId && (least === undefined || compareWorkflows(one, least) >= 0);
  if (!everTold.some(isAllowed)) fail(`${told}, and its workflow is ${textOf(least === undefined ? [] : [least])}`);
}

const textOf = (told: readonly Told[]): string =>
  told.map(({ delivery, claim }) => `${delivery.slice(0, 8)}… ${claim.state} (${claim.endedAt})`).join(", ");

/** With all faults over: what was acknowledged is there to the byte, read, and each record is that of all that is there. */
export async function checkAll(world: World): Promise<void> {
  for (const sent of world.ledger.sent.values()) {
    const { body, arrivals } = sent;
    const row = world.seen.stored.get(body.id);
    const told = `delivery ${body.id} (${JSON.stringify(body.spec)}, came ${JSON.stringify(arrivals)})`;
    if (row === undefined) {
      if (world.ledger.mustBeThere(sent)) fail(`${told} is lost`);
      continue;
    }
    const expected = !body.isReadable ? "quarantined" : body.claims.length > 0 ? "stored" : "no-job";
    const isGoneUnread = !row.hasBytes && row.status !== expected && world.isRewritten;
    if (row.status !== expected && !isGoneUnread) fail(`${told} is ${JSON.stringify(row)}`);
    const mayCountMore = world.store === "kv" || world.ledger.restored.has(body.id);
    if (!mayCountMore && row.count > arrivals.length) fail(`${told} is counted ${row.count} times`);
    const kept = arrivals.every(({ mayBeGone }) => !mayBeGone);
    const written = arrivals.filter(({ isCounted }) => isCounted).length;
    // Counts are best effort in KV, which has no compare-and-set.
    if (world.store === "d1" && kept && row.count < written) fail(`${told} is counted only ${row.count} times`);
    const raw = await world.get(`/deliveries/${body.id}/raw`);
    const bytes = new Uint8Array(await raw.arrayBuffer());
    if (raw.status === 410) {
      if (world.ledger.mustHaveBytes(sent)) fail(`the bytes of ${told} are gone`);
    } else if (raw.status !== 200 || (await sha256(bytes)) !== body.id) fail(`the bytes of ${told} are others`);
  }
  await checkLookUps(world, world.get);
  await checkList(world);
}

/** Readings that may be cut off before a delivery is said to be unreadable: docs/storage.md. */
const READ_ATTEMPTS = 5;

/** Without a reparse: what can be read is not in quarantine, unless its reading was cut off as often as that takes. */
export function checkQuarantine(world: World): void {
  if (world.readingFaults >= READ_ATTEMPTS) return;
  for (const { body } of world.ledger.sent.values()) {
    const row = world.seen.stored.get(body.id);
    if (body.isReadable && row?.status === "quarantined" && !world.blinded.has(body.id))
      fail(`delivery ${body.id} is ${JSON.stringify(row)}`);
  }
}

/** Each job is listed once, with the record that all deliveries there are make. */
async function checkList(world: World): Promise<void> {
  const listed: Job[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const path: string = `/jobs?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`;
    const page = await (await world.get(path)).json<{ jobs: Job[]; next: string | null }>();
    listed.push(...page.jobs);
    cursor = page.next;
  }
  const told = `the list has ${JSON.stringify(listed)}`;
  if (new Set(listed.map(({ jobId }) => jobId)).size !== listed.length) fail(`${told}: one twice`);
  const [certain, possible] = listable(world);
  const names = new Set(
    certain.flatMap(({ id: delivery, claims }) =>
      claims
        .filter((claim) => claim.subject === "job" && !world.ledger.mayBeForgotten({ delivery, claim }))
        .map(({ id }) => id),
    ),
  );
  for (const name of names) if (!listed.some(({ jobId }) => jobId === name)) fail(`${told} and not ${name}`);
  for (const job of listed) {
    const record = toldOf(possible, "job", job.jobId).find(({ delivery }) => delivery === job.delivery?.id);
    if (record === undefined) return fail(`${told}: ${job.jobId} is of a delivery that is not there`);
    const best = greatest(toldOf(certain, "job", job.jobId).filter((one) => !world.ledger.mayBeForgotten(one)));
    if (best !== null && compare(record, best) < 0) fail(`${told}, and the record is ${textOf([best])}`);
    const { state, stateSource, terminal, tag } = record.claim;
    if (job.state !== state || job.stateSource !== stateSource || job.terminal !== terminal)
      fail(`${told}, and the record says ${textOf([record])}`);
    const hasBytes = world.seen.stored.get(job.delivery?.id ?? "")?.hasBytes === true;
    const isNewer = world.readByNewer.get(job.jobId) === job.delivery?.id;
    if (hasBytes && !isNewer && job.tag !== tag) fail(`${told}: the tag is not what this reader reads`);
    // One that retention took came again, and was read anew.
    const mayBeNew =
      world.ledger.sent.get(job.delivery?.id ?? "")?.arrivals.some(({ mayBeGone }) => mayBeGone) === true;
    if (isNewer && !mayBeNew && job.tag !== NEWER_TAG) fail(`${told}: the tag is not what the newer reader read`);
  }
}

/** Deliveries whose jobs must be listed, and those whose jobs may be. In D1 both are the ones that are stored. */
function listable(world: World): [Body[], Body[]] {
  const stored = world.ledger.bodies((id) => world.seen.stored.get(id)?.status === "stored");
  if (world.store === "d1") return [stored, stored];
  // What was cut off in KV may be there in part.
  return [stored.filter(({ id }) => world.ledger.isTaken(id)), world.ledger.bodies(() => true)];
}

/** Retention reaches everything in the end: nothing is left of what is old enough. */
export async function checkNothingLeft(): Promise<void> {
  for (const table of ["deliveries", "delivery_parts", "jobs", "job_deliveries", "runs"]) {
    const { results } = await env.DB.prepare(`SELECT * FROM ${table}`).all();
    if (results.length > 0) fail(`retention leaves in ${table}: ${JSON.stringify(results[0]).slice(0, 500)}`);
  }
}
