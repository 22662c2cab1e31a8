/** The local CI: that the receiver's client and Tencent's SDK agree with it, what it refuses, and how it misbehaves. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CiSettings, ciClient, type ListQuery } from "../../src/reconcile/ci.ts";
import { signRequest } from "../../src/reconcile/sign.ts";
import { FORMATS, kindsOf } from "../../tools/callbacks/callback.ts";
import { TAGS } from "../../tools/callbacks/job-types.ts";
import { type KnownJob, knownJobs } from "../../tools/ci/jobs.ts";
import { LOCAL_QUEUE, localSettings } from "../../tools/ci/local-queue.ts";
import type { Misbehaviour } from "../../tools/ci/local-ci.ts";
import { type CiServer, startCi } from "../../tools/ci/server.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const KEYS = { secretId: "AKIDEXAMPLEEXAMPLE", secretKey: "exampleSecretKeyNotReal", securityToken: "exampleToken" };
const { bucket, region, queueId } = LOCAL_QUEUE;
const PLACE = { bucket, region };

const jobsOf = (tag: (typeof TAGS)[number], count: number, failed = false): KnownJob[] =>
  Array.from({ length: count }, (_, index) => {
    const kind = { shape: "response", format: "xml", tag } as const;
    return knownJobs({ seed: `local ci ${failed}`, index, kind, now: NOW, tokens: 3, queue: LOCAL_QUEUE, failed });
  }).flat();

let server: CiServer;
beforeAll(async () => {
  server = await startCi({ keys: KEYS, now: () => NOW });
});
afterAll(() => server.stop());

function clientOf(settings: Partial<CiSettings> = {}, now = NOW) {
  const means = { fetch: (url: string, init: RequestInit) => fetch(url, init), now: () => now, maxBytes: 1_000_000 };
  return ciClient({ ...KEYS, endpoint: server.url, queues: null, ...settings }, means);
}

const page = (query: Partial<ListQuery>): ListQuery => ({
  ...LOCAL_QUEUE,
  tag: "WordsGeneralize",
  start: null,
  end: null,
  size: 100,
  nextToken: null,
  order: "Asc",
  ...query,
});

test("tells of a job of each type, moderation among them, whole and as the generator made it", async () => {
  const kinds = [...kindsOf(TAGS, [FORMATS[0]], ["usual"]), ...kindsOf([], ["json"], ["moderation-detail"])];
  const jobs = kinds.flatMap((kind, index) =>
    knownJobs({ seed: "each type", index, kind, now: NOW, queue: kind.tag === null ? undefined : LOCAL_QUEUE }),
  );
  expect(jobs).toHaveLength(TAGS.length + 1);
  server.ci.know(jobs);
  const client = clientOf();
  for (const { jobId, tag, state, createdAt, moderation } of jobs) {
    expect(await client.describe(PLACE, { jobId, tag })).toMatchObject({
      ok: true,
      value: { job: { jobId, tag, state, stateSource: "reported", terminal: true, createdAt: isoOf(createdAt) } },
    });
    expect(server.ci.requests.at(-1)?.path.includes("auditing")).toBe(moderation !== null);
  }
});

const isoOf = (time: number): string => new Date(time).toISOString().replace(".000Z", "Z");

test("knows no job of another bucket, where the endpoint tells buckets apart", async () => {
  const [job] = jobsOf("Transcode", 1) as [KnownJob];
  server.ci.know([job]);
  const client = clientOf({ endpoint: `${server.url}/{bucket}/{region}` });
  expect(await client.describe(PLACE, job)).toMatchObject({ value: { job: { jobId: job.jobId } } });
  expect(await client.describe({ bucket: "other-1250000000", region }, job)).toMatchObject({ value: { job: null } });
});

test("says which ids it does not know, and counts how often each was asked about", async () => {
  const client = clientOf();
  const [job] = jobsOf("WordsGeneralize", 1) as [KnownJob];
  server.ci.forget(job.jobId);
  expect(await client.describe(PLACE, job)).toMatchObject({
    value: { job: null, body: expect.stringContaining(`<NonExistJobIds>${job.jobId}</NonExistJobIds>`) },
  });
  expect(server.ci.requestsOf(job.jobId)).toBe(2);
});

test("lists page after page in order of creation, by queue, tag, and time, without the bounds", async () => {
  server.ci.know([...jobsOf("WordsGeneralize", 25), ...jobsOf("Transcode", 3)]);
  const client = clientOf();
  const pages: string[][] = [];
  const times: (string | null)[] = [];
  let nextToken: string | null = null;
  do {
    const listed = await client.list(page({ size: 10, nextToken }));
    if (!listed.ok) throw new Error(listed.error.kind);
    pages.push(listed.value.jobs.map(({ jobId }) => jobId));
    times.push(...listed.value.jobs.map(({ createdAt }) => createdAt));
    nextToken = listed.value.nextToken;
  } while (nextToken !== null);
  const all = [...server.ci.jobs.values()].filter(
    ({ tag, queueId: id }) => tag === "WordsGeneralize" && id === queueId,
  );
  expect(pages.map(({ length }) => length)).toEqual([10, 10, all.length - 20]);
  expect(new Set(pages.flat())).toEqual(new Set(all.map(({ jobId }) => jobId)));
  expect(times).toEqual(times.toSorted());

  const start = Date.parse(times[0] as string);
  const end = Date.parse(times.at(-1) as string);
  const within = await client.list(page({ start, end }));
  const inside = times.filter((time) => time !== times[0] && time !== times.at(-1));
  expect(within).toMatchObject({ value: { jobs: inside.map((createdAt) => ({ createdAt })), nextToken: null } });
  const backwards = await client.list(page({ order: "Desc", size: 1 }));
  expect(backwards).toMatchObject({ value: { jobs: [{ createdAt: times.at(-1) }] } });
  expect(await client.list(page({ queueId: "p-other" }))).toMatchObject({ value: { jobs: [], nextToken: null } });
});

/** The answer to a request that is made by hand, signed unless `headers` are given. */
async function ask(target: string, headers?: Record<string, string>) {
  const url = new URL(server.url + target);
  const signed = headers ?? (await signRequest({ method: "GET", url, ...KEYS }, NOW, 60));
  const response = await fetch(url, { headers: signed });
  expect(response.headers.get("x-ci-request-id")).toMatch(/^\S+$/);
  return { status: response.status, body: await response.text() };
}

test("lists ten where no size is given, filters by state, and describes several ids at once", async () => {
  const [failed] = jobsOf("Animation", 1, true) as [KnownJob];
  const [good] = jobsOf("Animation", 1) as [KnownJob];
  server.ci.know([failed, good, ...jobsOf("Concat", 11)]);
  const ten = await ask(`/jobs?queueId=${queueId}&tag=Concat`);
  expect(ten.body.match(/<JobId>/g)).toHaveLength(10);
  const failures = await ask(`/jobs?queueId=${queueId}&tag=Animation&states=Running%2CFailed`);
  expect(failures.body.match(/<JobId>.*?</g)).toEqual([`<JobId>${failed.jobId}<`]);
  const several = await ask(`/jobs/${good.jobId},j0,j1`);
  expect(several.body).toContain(`<JobId>${good.jobId}</JobId>`);
  expect(several.body).toContain("<NonExistJobIds>j0,j1</NonExistJobIds>");
});

test.each([
  ["/jobs?tag=Concat", "queueId and tag are required"],
  ["/jobs?queueId=p1&tag=Concat&size=101", "size is not"],
  ["/jobs?queueId=p1&tag=Concat&orderByTime=Up", "orderByTime is"],
  ["/jobs?queueId=p1&tag=Concat&startCreationTime=yesterday", "A time is not"],
])("refuses the list %s", async (target, message) => {
  expect(await ask(target)).toEqual({ status: 400, body: expect.stringContaining(message) });
});

describe("a signature", () => {
  const refused = { kind: "denied", status: 403, requestId: expect.any(String) };

  test("is needed", async () => {
    expect(await ask("/jobs/j1", {})).toEqual({ status: 403, body: expect.stringContaining("<Code>AccessDenied<") });
  });

  test("of other parameters than were sent is refused", async () => {
    const url = new URL(`${server.url}/jobs/j1`);
    const headers = await signRequest({ method: "GET", url, ...KEYS }, NOW, 60);
    const { status, body } = await ask("/jobs/j1?size=1", headers);
    expect([status, body]).toEqual([403, expect.stringContaining("<Code>SignatureDoesNotMatch<")]);
  });

  test.each<[string, Partial<CiSettings>, number, string]>([
    ["with another key", { secretKey: "another" }, NOW, "SignatureDoesNotMatch"],
    ["with another id", { secretId: "another" }, NOW, "InvalidAccessKeyId"],
    ["without the token of temporary keys", { securityToken: null }, NOW, "AccessDenied"],
    ["that has expired", {}, NOW - 241_000, "SignatureExpired"],
    ["that is not valid yet", {}, NOW + 61_000, "AccessDenied"],
  ])("%s is refused", async (_, settings, at, code) => {
    expect(await clientOf(settings, at).describe(PLACE, { jobId: "j1" })).toEqual({
      ok: false,
      error: { ...refused, code, message: expect.any(String) },
    });
  });

  test.each([NOW - 239_000, NOW + 59_000])("by a clock that is a little off is taken: %i", async (at) => {
    expect(await clientOf({}, at).describe(PLACE, { jobId: "j1" })).toMatchObject({ ok: true });
  });
});

describe("misbehaves on demand", () => {
  const [JOB] = jobsOf("Segment", 1) as [KnownJob];
  const requestId = expect.any(String);

  test.each<[Misbehaviour, object]>([
    [
      { how: "slow-down", retryAfter: 30 },
      { kind: "slow-down", retryAfterSeconds: 30, requestId },
    ],
    [{ how: "slow-down" }, { kind: "slow-down", retryAfterSeconds: null, requestId }],
    [
      { how: "error", status: 500 },
      { kind: "server-error", status: 500, code: "InternalError" },
    ],
    [{ how: "broken" }, { kind: "malformed", status: 200, reason: expect.stringContaining("Expected") }],
    [
      { how: "redirect", to: "http://127.0.0.1:1/" },
      { kind: "malformed", status: 302 },
    ],
    [{ how: "reset" }, { kind: "unreachable" }],
  ])("%j, for as many requests as were said", async (misbehaviour, error) => {
    server.ci.know([JOB]);
    server.ci.misbehave(misbehaviour, { times: 1, jobId: JOB.jobId });
    const client = clientOf();
    expect(await client.describe(PLACE, { jobId: "j0" })).toMatchObject({ ok: true });
    expect(await client.describe(PLACE, JOB)).toMatchObject({ ok: false, error });
    expect(await client.describe(PLACE, JOB)).toMatchObject({ ok: true });
  });

  test("by never answering, until it is told to behave", async () => {
    server.ci.misbehave({ how: "hang" });
    const means = { fetch: (url: string, init: RequestInit) => fetch(url, init), now: () => NOW, maxBytes: 1_000 };
    const settings = { ...KEYS, endpoint: server.url, queues: null };
    const hurried = ciClient(settings, { ...means, answerMilliseconds: 50 });
    expect(await hurried.describe(PLACE, JOB)).toEqual({ ok: false, error: { kind: "timeout" } });
    server.ci.behave();
    expect(await clientOf().describe(PLACE, JOB)).toMatchObject({ ok: true });
  });
});

test("is told over HTTP what to know, to forget and to do, and tells what it was asked", async () => {
  const { url, ci, stop } = await startCi({ keys: KEYS, now: () => NOW });
  const tell = async (path: string, body: unknown, type = "application/json") => {
    const headers = { "content-type": type };
    const response = await fetch(`${url}/-${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return [response.status, await response.json()];
  };
  const [job] = jobsOf("Tts", 1) as [KnownJob];
  expect(await tell("/jobs", [job])).toEqual([200, { known: 1 }]);
  expect(ci.jobs.get(job.jobId)).toEqual(JSON.parse(JSON.stringify(job)));
  expect(await tell("/misbehave", { how: "slow-down", retryAfter: 5, times: 1 })).toEqual([200, {}]);
  const client = clientOf({ endpoint: url });
  expect(await client.describe(PLACE, job)).toMatchObject({ error: { kind: "slow-down", retryAfterSeconds: 5 } });
  expect(await client.describe(PLACE, job)).toMatchObject({ value: { job: { jobId: job.jobId } } });
  const asked = await fetch(`${url}/-/requests?jobId=${job.jobId}`);
  expect(await asked.json()).toMatchObject({ count: 2, requests: [{ status: 429 }, { status: 200 }] });
  await fetch(`${url}/-/jobs/${job.jobId}`, { method: "DELETE" });
  expect(await client.describe(PLACE, job)).toMatchObject({ value: { job: null } });
  expect(await tell("/jobs", [job], "text/plain")).toEqual([415, expect.anything()]);
  expect(await tell("/behave", {})).toEqual([200, {}]);
  expect(await tell("/nothing", {})).toEqual([404, expect.anything()]);
  await stop();
});

test("the settings of a local run name its queue, and every job type", () => {
  const { CI_ENDPOINT, CI_QUEUES } = localSettings("http://127.0.0.1:1");
  expect(CI_ENDPOINT).toBe("http://127.0.0.1:1");
  expect(JSON.parse(CI_QUEUES as string)).toEqual([{ ...LOCAL_QUEUE, tags: TAGS }]);
});
