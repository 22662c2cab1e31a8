/** The client of CI's API: what it asks, and where it may not. */
import { describe, expect, test } from "vitest";
import { type CiSettings } from "../../src/reconcile/ci.ts";
import type { AskedJob } from "../../src/reconcile/paths.ts";
import { answer, clientOf, error, HOST, JOB_ID, known, NOW, PLACE, unknown } from "./ci-answers.ts";

describe("asking about a job", () => {
  test("asks with a signed GET that follows no redirect, and gives CI's text as it came", async () => {
    const { client, requests } = clientOf([answer(known())]);
    expect(await client.describe(PLACE, { jobId: JOB_ID })).toEqual({
      ok: true,
      value: { body: known(), requestId: "r1", job: expect.objectContaining({ jobId: JOB_ID, terminal: true }) },
    });
    expect(requests).toEqual([
      {
        url: `https://${HOST}/ai_jobs/${JOB_ID}`,
        init: {
          method: "GET",
          redirect: "manual",
          signal: expect.any(AbortSignal),
          headers: {
            "user-agent": "ci-callback-receiver",
            "x-ci-security-token": "exampleToken",
            // From a minute ago to four minutes from now.
            authorization: expect.stringMatching(
              /&q-sign-time=1795521540;1795521840&.*&q-header-list=host;x-ci-security-token&/,
            ),
          },
        },
      },
    ]);
  });

  const BARE = JOB_ID.slice(1);
  test.each<[string, AskedJob]>([
    ["/ai_jobs/a", { jobId: `a${BARE}` }],
    ["/pic_jobs/c", { jobId: `c${BARE}` }],
    ["/doc_jobs/d", { jobId: `d${BARE}` }],
    ["/asr_jobs/s", { jobId: `s${BARE}` }],
    ["/file_jobs/f", { jobId: `f${BARE}` }],
    ["/jobs/j", { jobId: `j${BARE}` }],
    ["/jobs/x", { jobId: `x${BARE}`, tag: "Transcode", event: "TaskFinish" }],
    ["/image/auditing/si", { jobId: `si${BARE}` }],
    ["/video/auditing/av", { jobId: `av${BARE}` }],
    ["/document/auditing/sd", { jobId: `sd${BARE}` }],
    ["/image/auditing/x", { jobId: `x${BARE}`, event: "ReviewImage" }],
    ["/webpage/auditing/x", { jobId: `x${BARE}`, event: "ReviewHtml" }],
    ["/webpage/auditing/x", { jobId: `x${BARE}`, tag: "WebpageAuditing" }],
    ["/audio/auditing/a", { jobId: `a${BARE}`, tag: "AudioAuditing" }],
    ["/text/auditing/st", { jobId: `st${BARE}`, event: "ReviewText" }],
    ["/ai_jobs/a", { jobId: `a${BARE}`, event: "ReviewConstructor", tag: null }],
  ])("asks at %s…: %j", async (path, job) => {
    const { client, urls } = clientOf([answer(known(job.jobId))]);
    expect(await client.describe(PLACE, job)).toMatchObject({ ok: true, value: { job: { jobId: job.jobId } } });
    expect(urls()).toEqual([`https://${HOST}${path}${BARE}`]);
  });

  test.each([
    ["NonExistJobIds", answer(unknown())],
    ["a 404 with an Error", answer(error("NoSuchJob"), 404)],
    ["an empty answer", answer("<Response/>")],
    ["an answer about another job", answer(known("a2"))],
  ])("asks at /jobs too where the service says that it does not know the job: %s", async (_, first) => {
    const { client, urls } = clientOf([first, answer(known())]);
    expect(await client.describe(PLACE, { jobId: JOB_ID })).toMatchObject({ ok: true, value: { body: known() } });
    expect(urls()).toEqual([`https://${HOST}/ai_jobs/${JOB_ID}`, `https://${HOST}/jobs/${JOB_ID}`]);
  });

  test("gives no job where neither path knows it, and asks once where there is one path", async () => {
    const twice = clientOf([answer(unknown()), answer(error("NoSuchJob"), 404)]);
    expect(await twice.client.describe(PLACE, { jobId: JOB_ID })).toEqual({
      ok: true,
      value: { body: error("NoSuchJob"), requestId: "r1", job: null },
    });
    const once = clientOf([answer(unknown("j1"))]);
    expect(await once.client.describe(PLACE, { jobId: "j1" })).toMatchObject({ ok: true, value: { job: null } });
    expect(once.requests).toHaveLength(1);
  });

  test("a failure at the second path is a failure: nothing is known of the job", async () => {
    const { client } = clientOf([answer(unknown()), answer("", 500)]);
    expect(await client.describe(PLACE, { jobId: JOB_ID })).toMatchObject({ error: { kind: "server-error" } });
  });

  test.each([
    ["a/b?c#d", "/ai_jobs/a%2Fb%3Fc%23d"],
    ["x,y", "/jobs/x%2Cy"],
    ["..", "/jobs/%252E%252E"],
    [".", "/jobs/%252E"],
    ["分\ud800", "/jobs/%E5%88%86%EF%BF%BD"],
  ])("an id of any characters stays one segment: %j", async (jobId, path) => {
    const { client, urls } = clientOf([answer(unknown("x")), answer(unknown("x"))]);
    expect(await client.describe(PLACE, { jobId })).toMatchObject({ ok: true, value: { job: null } });
    expect(urls()[0]).toBe(`https://${HOST}${path}`);
  });
});

describe("listing jobs", () => {
  const QUERY = { ...PLACE, queueId: "p1", tag: "WordsGeneralize", size: 100, order: "Asc" as const };

  test("asks for a page with whole seconds of Beijing, rounded outwards, and gives all that the next needs", async () => {
    const body = `<Response><JobsDetail><JobId>a1</JobId><State>Running</State></JobsDetail><NextToken>7</NextToken></Response>`;
    const { client, urls } = clientOf([answer(body)]);
    const [start, end] = [NOW - 3_600_000 + 999, NOW + 1];
    expect(await client.list({ ...QUERY, start, end, nextToken: "a+b" })).toEqual({
      ok: true,
      value: { body, requestId: "r1", jobs: [expect.objectContaining({ jobId: "a1" })], nextToken: "7" },
    });
    expect(urls()).toEqual([
      `https://${HOST}/jobs?queueId=p1&tag=WordsGeneralize&startCreationTime=2026-11-24T19%3A00%3A00%2B0800` +
        `&endCreationTime=2026-11-24T20%3A00%3A01%2B0800&size=100&orderByTime=Asc&nextToken=a%2Bb`,
    ]);
  });

  test("asks for a first page without bounds, of at most 100", async () => {
    const { client, urls } = clientOf([answer("<Response/>")]);
    const listed = await client.list({ ...QUERY, size: 1_000, start: null, end: null, nextToken: null });
    expect(listed).toEqual({ ok: true, value: { body: "<Response/>", requestId: "r1", jobs: [], nextToken: null } });
    expect(urls()).toEqual([`https://${HOST}/jobs?queueId=p1&tag=WordsGeneralize&size=100&orderByTime=Asc`]);
  });

  test("a 404 is a refusal: a queue is no job", async () => {
    const { client } = clientOf([answer(error("NoSuchQueue"), 404)]);
    expect(await client.list({ ...QUERY, start: null, end: null, nextToken: null })).toEqual({
      ok: false,
      error: { kind: "denied", status: 404, code: "NoSuchQueue", message: "No.", requestId: "r1" },
    });
  });
});

describe("nothing is sent where it is not allowed", () => {
  const queues = [{ ...PLACE, queueId: "p1", tags: ["WordsGeneralize"] }];

  test.each<[string, Partial<CiSettings>, Partial<typeof PLACE>, string]>([
    ["a bucket without an APPID", {}, { bucket: "examplebucket" }, "The bucket is not a name and an APPID"],
    ["a bucket that is a host", {}, { bucket: "evil.example/a-1" }, "The bucket is not a name and an APPID"],
    ["a bucket in upper case", {}, { bucket: "Example-1250000000" }, "The bucket is not a name and an APPID"],
    ["a bucket of 61 characters", {}, { bucket: `${"b".repeat(61)}-1` }, "The bucket is not a name and an APPID"],
    ["a region that is a host", {}, { region: "ap.evil.example" }, "The region is not one such as"],
    ["a region of one part", {}, { region: "chongqing" }, "The region is not one such as"],
    ["a bucket that no queue names", { queues }, { bucket: "other-1250000000" }, "CI_QUEUES does not name"],
    ["a region that no queue names", { queues }, { region: "ap-beijing" }, "CI_QUEUES does not name"],
    ["any bucket where no queue is named", { queues: [] }, {}, "CI_QUEUES does not name"],
    ["an endpoint that is no URL", { endpoint: "{bucket}.ci.{region}.myqcloud.com" }, {}, "is not a URL with a host"],
    ["an endpoint without a host", { endpoint: "https:///{bucket}" }, {}, "is not a URL with a host"],
    ["an endpoint with a user", { endpoint: "https://{bucket}@evil.example" }, {}, "is not a URL with a host"],
    ["an endpoint with a query", { endpoint: "https://proxy.example/?{bucket}" }, {}, "is not a URL with a host"],
    ["http across a network", { endpoint: "http://{bucket}.ci.{region}.myqcloud.com" }, {}, "is http"],
    ["http to a host that begins like loopback", { endpoint: "http://127.0.0.1.evil.example" }, {}, "is http"],
    ["a host that a URL reads as another", { endpoint: "https://ex%61mple.com" }, {}, "has another host"],
  ])("%s", async (_, settings, place, reason) => {
    const { client, requests } = clientOf([answer(known())], settings);
    expect(await client.describe({ ...PLACE, ...place }, { jobId: JOB_ID })).toEqual({
      ok: false,
      error: { kind: "not-allowed-host", reason: expect.stringContaining(reason) },
    });
    expect(requests).toEqual([]);
  });

  test.each([
    ["http://127.0.0.1:9150", "http://127.0.0.1:9150/jobs/j1"],
    ["http://127.0.0.1:9150/{bucket}/{region}/", "http://127.0.0.1:9150/examplebucket-1250000000/ap-chongqing/jobs/j1"],
    ["http://{bucket}.localhost:9150", "http://examplebucket-1250000000.localhost:9150/jobs/j1"],
    ["https://Proxy.Example:443/ci", "https://proxy.example/ci/jobs/j1"],
  ])("an endpoint of one's own may be %s", async (endpoint, url) => {
    const { client, urls } = clientOf([answer(known("j1"))], { endpoint, queues });
    expect(await client.describe(PLACE, { jobId: "j1" })).toMatchObject({ ok: true });
    expect(urls()).toEqual([url]);
  });
});
