/** The contract at /openapi.json against the receiver: every documented status of every operation is seen, and is as documented. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { asking, LOCAL_QUEUE, newCi, sweeping, TAG } from "./ci.ts";
import { checkAnswer, type Contract, documentedIn, readContract } from "./contract.ts";
import { newHook, telling } from "./endpoint.ts";
import { faultyD1, faultyKv, NO_FAULTS, seeded } from "./faults.ts";
import { type Changes, cron, flood, freshDb, get, post, send, sha256, TOKEN } from "./receiver.ts";

const DAY_MILLISECONDS = 86_400_000;
const FLOODER = "198.51.100.9";
const bearer = { authorization: `Bearer ${TOKEN}` };
const fromElsewhere = { ...bearer, origin: "https://elsewhere.example" };

/** Bindings with a D1 and a KV that nothing gets through to. */
const down = (): Changes => ({
  STORE_DEADLINE_MILLISECONDS: "100",
  DB: faultyD1(env.DB, { ...NO_FAULTS, down: true }, seeded(1)),
  KV: faultyKv(env.KV, { ...NO_FAULTS, down: true }, seeded(1)),
});

/** A body that breaks off. */
const broken = () => new ReadableStream({ pull: (controller) => controller.error(new Error("reset")) });

type Headers = Record<string, string>;
type Sending = (headers: Headers, changes?: Changes) => Promise<Response>;

/** Sends to a path with the headers and bindings that are given then. */
const to =
  (method: string, path: string, body?: BodyInit): Sending =>
  (headers, changes = {}) =>
    send(path, { method, headers, ...(body !== undefined && { body }) }, changes);

describe("the contract holds for every answer", () => {
  let contract: Contract;
  const seen = new Set<string>();

  const job = newJobId();
  const run = `i${job}`;
  const malformed = `{"broken": ${job}`;
  /** A job whose bytes retention took, and one whose bytes in the database are not those that came. */
  const [gone, corrupt] = [newJobId(), newJobId()];
  let [malformedId, goneId, corruptId] = ["", "", ""];

  beforeAll(async () => {
    contract = await readContract();
    await post(workflowFinish(run, [job]));
    await post(segmentation(gone));
    goneId = await sha256(segmentation(gone));
    await cron({ RETENTION_DAYS_BYTES: "1" }, Date.now() + 2 * DAY_MILLISECONDS);
    await post(segmentation(job));
    await post(malformed);
    malformedId = await sha256(malformed);
    const told = workflowFinish(`i${corrupt}`, [corrupt]);
    await post(told);
    corruptId = await sha256(told);
    const spoil = "UPDATE deliveries SET body = replace(body, 'nightly', 'weekly') WHERE id = ?";
    await env.DB.prepare(spoil).bind(corruptId).run();
  });

  async function expectAnswer(method: string, template: string, status: number, answer: Promise<Response>) {
    const response = await answer;
    expect(response.status).toBe(status);
    seen.add(await checkAnswer(contract, method, template, response));
  }

  /** The answer to an address that is limited, whatever minute it is by now. */
  async function expectLimited(method: string, template: string, sending: Sending) {
    await flood(FLOODER);
    await expectAnswer(method, template, 429, sending({ "cf-connecting-ip": FLOODER }));
  }

  /** The answers to who may not ask: without a token, too often, and from the page of another site where something would change. */
  async function expectGuarded(method: string, template: string, sending: Sending) {
    await expectAnswer(method, template, 401, sending({}));
    await expectLimited(method, template, sending);
    if (method !== "get") await expectAnswer(method, template, 403, sending(fromElsewhere));
  }

  test("to a callback", async () => {
    const path = "/callbacks/{key}";
    await expectAnswer("post", path, 200, post(segmentation(newJobId())));
    await expectAnswer("post", path, 200, post(segmentation(newJobId()), { ...down(), KV: env.KV }));
    await expectAnswer("post", path, 200, post("{}", { STORE: "?" }));
    await expectAnswer("post", path, 400, post(malformed));
    await expectAnswer("post", path, 404, to("POST", "/callbacks/wrong")({}));
    await expectAnswer("post", path, 413, post("{}{}{}", { MAX_BODY_BYTES: "1" }));
    await expectAnswer("post", path, 415, post("text"));
    await expectAnswer("post", path, 503, post("{}", down()));
    await expectLimited("post", path, to("POST", "/callbacks/wrong"));
  });

  test("to a look-up", async () => {
    for (const [path, url] of [
      ["/jobs/{jobId}", `/jobs/${job}`],
      ["/jobs/{jobId}", `/jobs/${gone}`],
      ["/jobs/{jobId}/raw", `/jobs/${job}/raw`],
      ["/jobs", "/jobs"],
      ["/jobs", "/jobs?limit=1"],
      ["/jobs/{jobId}/deliveries", `/jobs/${job}/deliveries`],
      ["/changes", "/changes?after=start"],
      ["/runs", "/runs"],
      ["/runs/{runId}", `/runs/${run}`],
      ["/deliveries", "/deliveries?limit=1"],
      ["/deliveries/{id}", `/deliveries/${malformedId}`],
      ["/deliveries/{id}/raw", `/deliveries/${malformedId}/raw`],
    ] as const) {
      await expectAnswer("get", path, 200, get(url));
      await expectAnswer("get", path, 503, get(url, {}, down()));
      await expectGuarded("get", path, to("GET", url));
    }
    const etag = (await get(`/jobs/${job}`)).headers.get("etag") ?? "";
    await expectAnswer("get", "/jobs/{jobId}", 304, get(`/jobs/${job}`, { "if-none-match": etag }));
  });

  test("to a look-up of what is not there, or no longer, or not as it came", async () => {
    for (const [status, path, url] of [
      [404, "/jobs/{jobId}", "/jobs/none"],
      [404, "/jobs/{jobId}/raw", "/jobs/none/raw"],
      [404, "/jobs/{jobId}/deliveries", "/jobs/none/deliveries"],
      [404, "/runs/{runId}", "/runs/none"],
      [404, "/deliveries/{id}", "/deliveries/none"],
      [404, "/deliveries/{id}/raw", "/deliveries/none/raw"],
      [410, "/jobs/{jobId}/raw", `/jobs/${gone}/raw`],
      [410, "/deliveries/{id}/raw", `/deliveries/${goneId}/raw`],
      [500, "/jobs/{jobId}", `/jobs/${corrupt}`],
      [500, "/jobs/{jobId}/raw", `/jobs/${corrupt}/raw`],
      [500, "/jobs/{jobId}/deliveries", `/jobs/${corrupt}/deliveries`],
      [500, "/runs/{runId}", `/runs/i${corrupt}`],
      [500, "/deliveries/{id}/raw", `/deliveries/${corruptId}/raw`],
    ] as const)
      await expectAnswer("get", path, status, get(url));
  });

  test("to a look-up that asks for what there is not", async () => {
    for (const [path, url] of [
      ["/jobs/{jobId}", "/jobs/x?wait=x"],
      ["/jobs", "/jobs?limit=x"],
      ["/jobs/{jobId}/deliveries", `/jobs/${job}/deliveries?limit=x`],
      ["/changes", "/changes?after=x"],
      ["/runs", "/runs?limit=x"],
      ["/deliveries", "/deliveries?status=x"],
    ] as const)
      await expectAnswer("get", path, 400, get(url));
    await expectAnswer("get", "/jobs", 501, get("/jobs?tag=x", {}, { STORE: "kv" }));
    await expectAnswer("get", "/changes", 501, get("/changes", {}, { STORE: "kv" }));
  });

  test("to a reparse", async () => {
    const [one, all] = ["/deliveries/{id}/reparse", "/deliveries/reparse"];
    const reparsing = (id: string) => to("POST", `/deliveries/${id}/reparse`);
    for (const [path, sending] of [
      [all, to("POST", all)],
      [one, reparsing(malformedId)],
    ] as const) {
      await expectAnswer("post", path, 200, sending(bearer));
      await expectAnswer("post", path, 503, sending(bearer, down()));
      await expectGuarded("post", path, sending);
    }
    await expectAnswer("post", all, 400, to("POST", `${all}?limit=0`)(bearer));
    await expectAnswer("post", one, 404, reparsing("none")(bearer));
    await expectAnswer("post", one, 410, reparsing(goneId)(bearer));
    await expectAnswer("post", one, 500, reparsing(corruptId)(bearer));
  });

  test("about events", async () => {
    const on = telling(newHook());
    const told = newJobId();
    await post(segmentation(told), on);
    const id = await env.DB.prepare("SELECT id FROM events WHERE subject = ?").bind(told).first<string>("id");
    await expectAnswer("get", "/events", 200, get("/events?limit=1", {}, on));
    await expectAnswer("get", "/events", 400, get("/events?status=x"));
    await expectAnswer("get", "/events", 503, get("/events", {}, down()));
    await expectGuarded("get", "/events", to("GET", "/events"));

    const failed = JSON.stringify({ status: "failed" });
    for (const [path, url] of [
      ["/events/test", "/events/test"],
      ["/events/resend", "/events/resend"],
      ["/events/{id}/resend", `/events/${id}/resend`],
      ["/jobs/{jobId}/resend", `/jobs/${told}/resend`],
    ] as const) {
      const sending = to("POST", url, failed);
      await expectAnswer("post", path, 200, sending(bearer, on));
      await expectAnswer("post", path, 409, sending(bearer));
      if (path !== "/events/test") await expectAnswer("post", path, 503, sending(bearer, { ...on, ...down() }));
      await expectGuarded("post", path, (headers) => sending(headers, on));
    }
    await expectAnswer("post", "/events/resend", 400, to("POST", "/events/resend", "{}")(bearer, on));
    await expectAnswer("post", "/events/{id}/resend", 404, to("POST", "/events/evt_none/resend")(bearer, on));
    await expectAnswer("post", "/jobs/{jobId}/resend", 404, to("POST", "/jobs/none/resend")(bearer, on));
  });

  test("about what is expected", async () => {
    const path = "/jobs/{jobId}/expectation";
    const expected = newJobId();
    const within = JSON.stringify({ within: 1 });
    const putting = (jobId: string, body: BodyInit) => to("PUT", `/jobs/${jobId}/expectation`, body);
    const deleting = to("DELETE", `/jobs/${expected}/expectation`);
    await expectAnswer("put", path, 201, putting(expected, within)(bearer));
    await expectAnswer("put", path, 200, putting(expected, within)(bearer));
    await expectAnswer("put", path, 400, putting(expected, "{}")(bearer));
    await expectAnswer("put", path, 400, putting(expected, broken())(bearer));
    await expectAnswer("put", path, 413, putting(expected, " ".repeat(100_000))(bearer));
    await expectAnswer("put", path, 500, putting(corrupt, within)(bearer));
    await expectAnswer("get", "/jobs/{jobId}", 200, get(`/jobs/${expected}`));
    await expectAnswer("get", "/jobs/{jobId}/raw", 404, get(`/jobs/${expected}/raw`));
    await expectAnswer("get", "/jobs/{jobId}/deliveries", 200, get(`/jobs/${expected}/deliveries`));
    await expectAnswer("get", "/jobs", 200, get("/jobs?overdue=true"));
    await expectAnswer("get", "/jobs", 400, get("/jobs?overdue=true&tag=x"));
    await expectAnswer("get", "/jobs", 501, get("/jobs?overdue=true", {}, { STORE: "kv" }));
    for (const [method, sending] of [
      ["put", putting(expected, within)],
      ["delete", deleting],
    ] as const) {
      await expectAnswer(method, path, 501, sending(bearer, { STORE: "kv" }));
      await expectAnswer(method, path, 503, sending(bearer, down()));
      await expectGuarded(method, path, sending);
    }
    await expectAnswer("delete", path, 204, deleting(bearer));
  });

  test("about asking CI", async () => {
    const path = "/jobs/{jobId}/reconcile";
    const expected = newJobId();
    const sending = to("POST", `/jobs/${expected}/reconcile`);
    const ci = await newCi();
    const { bucket, region } = LOCAL_QUEUE;
    await expectAnswer("post", path, 404, sending(bearer, sweeping(ci)));
    const announced = JSON.stringify({ within: 60, bucket, region });
    await to("PUT", `/jobs/${expected}/expectation`, announced)(bearer);
    await expectAnswer("post", path, 200, sending(bearer, asking(ci)));
    // CI is asked, and does not know the job either.
    const CI_QUEUES = JSON.stringify([{ ...LOCAL_QUEUE, bucket: "texts-1250000000", tags: [TAG] }]);
    const askingCorrupt = to("POST", `/jobs/${corrupt}/reconcile`);
    await expectAnswer("post", path, 500, askingCorrupt(bearer, { ...asking(ci), CI_QUEUES }));
    await expectAnswer("post", path, 501, sending(bearer, { STORE: "kv" }));
    await expectAnswer("post", path, 503, sending(bearer, { ...asking(ci), CI_ENDPOINT: "http://localhost:1" }));
    await expectGuarded("post", path, sending);
  });

  test("about whether CI can be asked", async () => {
    const path = "/reconcile/test";
    const sending = to("POST", path);
    const keys = { CI_SECRET_ID: "id", CI_SECRET_KEY: "key", CI_ENDPOINT: "http://localhost:1" };
    const CI_QUEUES = JSON.stringify([{ bucket: "a-1", region: "ap-x", queueId: "p", tags: ["T"] }]);
    await expectAnswer("post", path, 200, sending(bearer));
    await expectAnswer("post", path, 200, sending(bearer, { ...keys, CI_QUEUES }));
    await expectAnswer("post", path, 503, sending(bearer, { ...keys, ...down() }));
    await expectGuarded("post", path, sending);
  });

  test("to an export", async () => {
    const path = "/deliveries/export";
    await expectAnswer("get", path, 200, get(path));
    await expectAnswer("get", path, 400, get(`${path}?limit=0`));
    await expectAnswer("get", path, 503, get(path, {}, down()));
    await expectGuarded("get", path, to("GET", path));
  });

  test("to an import", async () => {
    const path = "/deliveries/import";
    const at = "2026-03-01T00:00:00.000Z";
    const told = { receivedAt: at, lastReceivedAt: at, count: 1, contentType: null, bytes: btoa("{}") };
    const line = JSON.stringify({ id: await sha256("{}"), ...told });
    const importing = (body: BodyInit) => to("POST", path, body);
    await expectAnswer("post", path, 200, importing(`${line}\nnot a line\n{}`)(bearer));
    await expectAnswer("post", path, 400, importing(broken())(bearer));
    await expectAnswer("post", path, 400, importing("{}\n".repeat(101))(bearer));
    await expectAnswer("post", path, 413, importing(" ".repeat(2_200_000))(bearer, { MAX_BODY_BYTES: "1" }));
    await expectAnswer("post", path, 503, importing(line)(bearer, down()));
    await expectGuarded("post", path, importing(line));
  });

  test("about its health", async () => {
    await expectAnswer("get", "/livez", 200, send("/livez"));
    await expectAnswer("get", "/readyz", 200, send("/readyz"));
    await expectAnswer("get", "/readyz", 503, send("/readyz", {}, { CALLBACK_KEYS: "" }));
    const withoutKv = { ...down(), DB: freshDb(), STORE: "kv" };
    await expectAnswer("get", "/readyz", 503, send("/readyz", {}, withoutKv));
    await expectAnswer("get", "/metrics", 200, get("/metrics"));
    await expectGuarded("get", "/metrics", to("GET", "/metrics"));
  });

  test("that it documents: all of them were seen here", () => {
    expect([...seen].toSorted()).toEqual(documentedIn(contract).toSorted());
  });
});
