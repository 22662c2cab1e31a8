/** The contract at /openapi.json against the receiver: every documented status of every operation is seen, and is as documented. One file, since the last test asks what all the others have seen. */
import { type Schema, Validator } from "@cfworker/json-schema";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { app } from "../../src/app.ts";
import { documentOf } from "../../tools/openapi/document.ts";
import { newJobId, segmentation, workflowFinish } from "./bodies.ts";
import { asking, LOCAL_QUEUE, newCi, sweeping, TAG } from "./ci.ts";
import { newHook, telling } from "./endpoint.ts";
import { faultyD1, faultyKv, NO_FAULTS, seeded } from "./faults.ts";
import { cron, flood, freshDb, get, post, send, sha256, TOKEN } from "./receiver.ts";

interface Operation {
  operationId: string;
  security?: object[];
  parameters?: { name: string; in: string }[];
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

interface Contract {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

const down = () => ({
  STORE_DEADLINE_MILLISECONDS: "100",
  DB: faultyD1(env.DB, { ...NO_FAULTS, down: true }, seeded(1)),
  KV: faultyKv(env.KV, { ...NO_FAULTS, down: true }, seeded(1)),
});
const noKv = () => ({ ...down(), DB: env.DB, STORE: "kv" });
const FLOODER = "198.51.100.9";
/** With the address limited, whatever minute it is by now. */
const afterFlood = (answer: () => Promise<Response>) => async () => {
  await flood(FLOODER);
  return answer();
};
const bearer = { authorization: `Bearer ${TOKEN}` };

/** Validates against a schema of the contract, whose references are into its components. */
function check(contract: Contract, schema: Schema, value: unknown): void {
  const root = { ...schema, components: contract.components } as unknown as Schema;
  const { valid, errors } = new Validator(root, "2020-12", false).validate(value);
  expect(valid ? [] : errors).toEqual([]);
}

describe("the contract", () => {
  let contract: Contract;
  const seen = new Set<string>();
  const jobId = newJobId();
  const runId = `i${jobId}`;
  const broken = `{"broken": ${jobId}`;
  let brokenId = "";
  let goneId = "";
  const goneJob = newJobId();
  const corruptJob = newJobId();
  let corruptId = "";

  beforeAll(async () => {
    contract = await (await get("/openapi.json")).json();
    await post(workflowFinish(runId, [jobId]));
    await post(segmentation(goneJob));
    goneId = await sha256(segmentation(goneJob));
    await cron({ RETENTION_DAYS_BYTES: "1" }, Date.now() + 2 * 86_400_000);
    await post(segmentation(jobId));
    await post(broken);
    const corrupt = workflowFinish(`i${corruptJob}`, [corruptJob]);
    corruptId = await sha256(corrupt);
    await post(corrupt);
    await env.DB.prepare("UPDATE deliveries SET body = replace(body, 'nightly', 'weekly') WHERE id = ?")
      .bind(corruptId)
      .run();
    brokenId = await sha256(broken);
  });

  /** Sends, and holds the answer to what the contract says of that path, method and status. */
  async function expectAnswer(method: string, template: string, status: number, answer: () => Promise<Response>) {
    const operation = contract.paths[template]?.[method] as Operation;
    const response = await answer();
    expect(response.status).toBe(status);
    seen.add(`${operation.operationId} ${status}`);
    const documented = operation.responses[String(status)];
    expect(documented).toBeDefined();
    const content = documented?.content ?? {};
    const type = response.headers.get("content-type")?.split(";")[0] ?? "";
    const media = content[type] ?? content["*/*"];
    if (Object.keys(content).length === 0) expect(await response.text()).toBe("");
    else if (/[/+]json$/.test(type)) check(contract, media?.schema as Schema, await response.json());
    else expect(media).toBeDefined();
  }

  test("is what the routes' own contracts say: else run `npm run contract`", async () => {
    expect(contract).toEqual(JSON.parse(JSON.stringify(await documentOf())));
  });

  test("has every route of the API, and no other", () => {
    const isApi = ({ method, path }: { method: string; path: string }) =>
      method !== "ALL" && path !== "/" && !/^\/(?:ui|docs|problems|openapi\.json)(?:\/|$)/.test(path);
    const routes = app.routes.filter(isApi).map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
    const documented = Object.entries(contract.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(documented.toSorted()).toEqual([...new Set(routes)].toSorted());
  });

  test("names every parameter that a route takes, and no other", async () => {
    for (const [template, methods] of Object.entries(contract.paths)) {
      for (const [method, { parameters = [] }] of Object.entries(methods)) {
        const names = parameters.filter((parameter) => parameter.in === "query").map(({ name }) => name);
        if (names.length === 0) continue;
        const path = template.replace(/\{\w+\}/, "x");
        const refused = async (name: string) => {
          const response = await send(`${path}?${name}=`, { method: method.toUpperCase(), headers: bearer });
          return response.status === 400 ? ((await response.json()) as { detail: string }).detail : "";
        };
        expect(await refused("other")).toBe("other is not a parameter of this path.");
        for (const name of names) expect(await refused(name)).not.toContain("is not a parameter");
      }
    }
  });

  test("is OpenAPI 3.1, and names every operation once", () => {
    expect(contract.openapi).toBe("3.1.0");
    const ids = Object.values(contract.paths).flatMap((path) =>
      Object.values(path).map((operation) => operation.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("holds for every answer to a callback", async () => {
    const path = "/callbacks/{key}";
    const to = (key: string, init: RequestInit = {}) => send(`/callbacks/${key}`, { method: "POST", ...init });
    await expectAnswer("post", path, 200, () => post(segmentation(newJobId())));
    await expectAnswer("post", path, 200, () => post(segmentation(newJobId()), { ...down(), KV: env.KV }));
    await expectAnswer("post", path, 400, () => post(broken));
    await expectAnswer("post", path, 404, () => to("wrong"));
    await expectAnswer("post", path, 413, () => post("{}{}{}", { MAX_BODY_BYTES: "1" }));
    await expectAnswer("post", path, 415, () => post("text"));
    await expectAnswer(
      "post",
      path,
      429,
      afterFlood(() => to("wrong", { headers: { "cf-connecting-ip": FLOODER } })),
    );
    await expectAnswer("post", path, 503, () => post("{}", down()));
    await expectAnswer("post", path, 200, () => post("{}", { STORE: "?" }));
  });

  test("holds for every answer to a look-up", async () => {
    const good: [path: string, url: () => string][] = [
      ["/jobs/{jobId}", () => `/jobs/${jobId}`],
      ["/jobs/{jobId}", () => `/jobs/${goneJob}`],
      ["/jobs/{jobId}/raw", () => `/jobs/${jobId}/raw`],
      ["/jobs", () => "/jobs"],
      ["/jobs", () => "/jobs?limit=1"],
      ["/jobs/{jobId}/deliveries", () => `/jobs/${jobId}/deliveries`],
      ["/changes", () => "/changes?after=start"],
      ["/runs", () => "/runs"],
      ["/runs/{runId}", () => `/runs/${runId}`],
      ["/deliveries", () => "/deliveries?limit=1"],
      ["/deliveries/{id}", () => `/deliveries/${brokenId}`],
      ["/deliveries/{id}/raw", () => `/deliveries/${brokenId}/raw`],
    ];
    for (const [path, url] of good) {
      await expectAnswer("get", path, 200, () => get(url()));
      await expectAnswer("get", path, 401, () => send(url()));
      await expectAnswer(
        "get",
        path,
        429,
        afterFlood(() => send(url(), { headers: { "cf-connecting-ip": FLOODER } })),
      );
      await expectAnswer("get", path, 503, () => get(url(), {}, down()));
    }
    const etag = (await get(`/jobs/${jobId}`)).headers.get("etag") ?? "";
    await expectAnswer("get", "/jobs/{jobId}", 304, () => get(`/jobs/${jobId}`, { "if-none-match": etag }));
    for (const [path, url] of [
      ["/jobs/{jobId}", "/jobs/none"],
      ["/jobs/{jobId}/raw", "/jobs/none/raw"],
      ["/jobs/{jobId}/deliveries", "/jobs/none/deliveries"],
      ["/runs/{runId}", "/runs/none"],
      ["/deliveries/{id}", "/deliveries/none"],
      ["/deliveries/{id}/raw", "/deliveries/none/raw"],
    ] as const) {
      await expectAnswer("get", path, 404, () => get(url));
    }
    await expectAnswer("get", "/jobs/{jobId}", 400, () => get("/jobs/x?wait=x"));
    await expectAnswer("get", "/jobs", 400, () => get("/jobs?limit=x"));
    await expectAnswer("get", "/jobs/{jobId}/deliveries", 400, () => get(`/jobs/${jobId}/deliveries?limit=x`));
    await expectAnswer("get", "/changes", 400, () => get("/changes?after=x"));
    await expectAnswer("get", "/runs", 400, () => get("/runs?limit=x"));
    await expectAnswer("get", "/deliveries", 400, () => get("/deliveries?status=x"));
    await expectAnswer("get", "/jobs", 501, () => get("/jobs?tag=x", {}, { STORE: "kv" }));
    await expectAnswer("get", "/changes", 501, () => get("/changes", {}, { STORE: "kv" }));
    await expectAnswer("get", "/jobs/{jobId}/raw", 410, () => get(`/jobs/${goneJob}/raw`));
    await expectAnswer("get", "/deliveries/{id}/raw", 410, () => get(`/deliveries/${goneId}/raw`));
    for (const [path, url] of [
      ["/jobs/{jobId}", `/jobs/${corruptJob}`],
      ["/jobs/{jobId}/raw", `/jobs/${corruptJob}/raw`],
      ["/jobs/{jobId}/deliveries", `/jobs/${corruptJob}/deliveries`],
      ["/runs/{runId}", `/runs/i${corruptJob}`],
      ["/deliveries/{id}/raw", `/deliveries/${corruptId}/raw`],
    ] as const) {
      await expectAnswer("get", path, 500, () => get(url));
    }
  });

  test("holds for every answer to reading again", async () => {
    const again = (path: string, headers: Record<string, string>, changes = {}) =>
      send(path, { method: "POST", headers }, changes);
    for (const [path, url] of [
      ["/deliveries/reparse", "/deliveries/reparse"],
      ["/deliveries/{id}/reparse", `/deliveries/${brokenId}/reparse`],
    ] as const) {
      await expectAnswer("post", path, 200, () => again(url, bearer));
      await expectAnswer("post", path, 401, () => again(url, {}));
      await expectAnswer(
        "post",
        path,
        429,
        afterFlood(() => again(url, { "cf-connecting-ip": FLOODER })),
      );
      await expectAnswer("post", path, 503, () => again(url, bearer, down()));
    }
    for (const url of ["/deliveries/reparse", `/deliveries/${brokenId}/reparse`]) {
      const path = url.replace(brokenId, "{id}");
      await expectAnswer("post", path, 403, () => again(url, { ...bearer, origin: "https://elsewhere.example" }));
    }
    await expectAnswer("post", "/deliveries/{id}/reparse", 500, () =>
      again(`/deliveries/${corruptId}/reparse`, bearer),
    );
    await expectAnswer("post", "/deliveries/reparse", 400, () => again("/deliveries/reparse?limit=0", bearer));
    await expectAnswer("post", "/deliveries/{id}/reparse", 404, () => again("/deliveries/none/reparse", bearer));
    await expectAnswer("post", "/deliveries/{id}/reparse", 410, () => again(`/deliveries/${goneId}/reparse`, bearer));
  });

  test("holds for every answer about events", async () => {
    const off = {};
    const on = telling(newHook());
    const failed = JSON.stringify({ status: "failed" });
    const tell = (
      path: string,
      changes: object,
      headers: Record<string, string> = bearer,
      body: string | null = failed,
    ) => send(path, { method: "POST", headers, body }, changes as Record<string, unknown>);
    const told = newJobId();
    await post(segmentation(told), on);
    const id = await env.DB.prepare("SELECT id FROM events WHERE subject = ?").bind(told).first<string>("id");
    await expectAnswer("get", "/events", 200, () => get("/events?limit=1", {}, on));
    await expectAnswer("get", "/events", 400, () => get("/events?status=x"));
    await expectAnswer("get", "/events", 401, () => send("/events"));
    await expectAnswer("get", "/events", 503, () => get("/events", {}, down()));
    await expectAnswer(
      "get",
      "/events",
      429,
      afterFlood(() => send("/events", { headers: { "cf-connecting-ip": FLOODER } })),
    );
    for (const [path, url] of [
      ["/events/test", "/events/test"],
      ["/events/resend", "/events/resend"],
      ["/events/{id}/resend", `/events/${id}/resend`],
      ["/jobs/{jobId}/resend", `/jobs/${told}/resend`],
    ] as const) {
      await expectAnswer("post", path, 200, () => tell(url, on));
      await expectAnswer("post", path, 401, () => tell(url, on, {}));
      await expectAnswer("post", path, 403, () => tell(url, on, { ...bearer, origin: "https://elsewhere.example" }));
      await expectAnswer("post", path, 409, () => tell(url, off));
      await expectAnswer(
        "post",
        path,
        429,
        afterFlood(() => tell(url, on, { "cf-connecting-ip": FLOODER })),
      );
      if (path !== "/events/test") await expectAnswer("post", path, 503, () => tell(url, { ...on, ...down() }));
    }
    await expectAnswer("post", "/events/resend", 400, () => tell("/events/resend", on, bearer, "{}"));
    await expectAnswer("post", "/events/{id}/resend", 404, () => tell("/events/evt_none/resend", on));
    await expectAnswer("post", "/jobs/{jobId}/resend", 404, () => tell("/jobs/none/resend", on));
  });

  test("holds for every answer about what is expected", async () => {
    const path = "/jobs/{jobId}/expectation";
    const [expected, corrupt] = [newJobId(), corruptJob];
    const flooder = { "cf-connecting-ip": FLOODER };
    const elsewhere = { ...bearer, origin: "https://elsewhere.example" };
    const asked =
      (method: string, to: string, body?: string) =>
      (headers: Record<string, string> = bearer, changes = {}) =>
        send(to, { method, headers, ...(body !== undefined && { body }) }, changes);
    const within = JSON.stringify({ within: 1 });
    const put = (to: string, body: BodyInit = within, headers: Record<string, string> = bearer, changes = {}) =>
      send(`/jobs/${to}/expectation`, { method: "PUT", headers, body }, changes);
    const broken = () => new ReadableStream({ pull: (controller) => controller.error(new Error("reset")) });
    await expectAnswer("put", path, 201, () => put(expected));
    await expectAnswer("put", path, 200, () => put(expected));
    await expectAnswer("put", path, 400, () => put(expected, "{}"));
    await expectAnswer("put", path, 400, () => put(expected, broken()));
    await expectAnswer("put", path, 413, () => put(expected, " ".repeat(100_000)));
    await expectAnswer("put", path, 500, () => put(corrupt));
    await expectAnswer("get", "/jobs/{jobId}", 200, () => get(`/jobs/${expected}`));
    await expectAnswer("get", "/jobs/{jobId}/raw", 404, () => get(`/jobs/${expected}/raw`));
    await expectAnswer("get", "/jobs/{jobId}/deliveries", 200, () => get(`/jobs/${expected}/deliveries`));
    await expectAnswer("get", "/jobs", 200, () => get("/jobs?overdue=true"));
    await expectAnswer("get", "/jobs", 400, () => get("/jobs?overdue=true&tag=x"));
    await expectAnswer("get", "/jobs", 501, () => get("/jobs?overdue=true", {}, { STORE: "kv" }));
    const ask = asked("POST", `/jobs/${expected}/reconcile`);
    for (const [method, of, request] of [
      ["put", path, asked("PUT", `/jobs/${expected}/expectation`, within)],
      ["delete", path, asked("DELETE", `/jobs/${expected}/expectation`)],
      ["post", "/jobs/{jobId}/reconcile", ask],
    ] as const) {
      await expectAnswer(method, of, 401, () => request({}));
      await expectAnswer(method, of, 403, () => request(elsewhere));
      await expectAnswer(
        method,
        of,
        429,
        afterFlood(() => request(flooder)),
      );
      await expectAnswer(method, of, 501, () => request(bearer, { STORE: "kv" }));
      if (method !== "post") await expectAnswer(method, of, 503, () => request(bearer, down()));
    }
    await expectAnswer("delete", path, 204, asked("DELETE", `/jobs/${expected}/expectation`));
    const ci = await newCi();
    const keys = asking(ci);
    const reconcile = "/jobs/{jobId}/reconcile";
    await expectAnswer("post", reconcile, 404, () => ask(bearer, sweeping(ci)));
    // CI is asked, and does not know the job either.
    const CI_QUEUES = JSON.stringify([{ ...LOCAL_QUEUE, bucket: "texts-1250000000", tags: [TAG] }]);
    const askCorrupt = asked("POST", `/jobs/${corrupt}/reconcile`);
    await expectAnswer("post", reconcile, 500, () => askCorrupt(bearer, { ...keys, CI_QUEUES }));
    const { bucket, region } = LOCAL_QUEUE;
    await put(expected, JSON.stringify({ within: 60, bucket, region }));
    await expectAnswer("post", reconcile, 503, () => ask(bearer, { ...keys, CI_ENDPOINT: "http://localhost:1" }));
    await expectAnswer("post", reconcile, 200, () => ask(bearer, keys));
  });

  test("holds for trying whether CI can be asked", async () => {
    const path = "/reconcile/test";
    const trying = (headers: Record<string, string>, changes = {}) => send(path, { method: "POST", headers }, changes);
    const keys = { CI_SECRET_ID: "id", CI_SECRET_KEY: "key", CI_ENDPOINT: "http://localhost:1" };
    const queues = JSON.stringify([{ bucket: "a-1", region: "ap-x", queueId: "p", tags: ["T"] }]);
    await expectAnswer("post", path, 200, () => trying(bearer));
    await expectAnswer("post", path, 200, () => trying(bearer, { ...keys, CI_QUEUES: queues }));
    await expectAnswer("post", path, 401, () => trying({}));
    await expectAnswer("post", path, 403, () => trying({ ...bearer, origin: "https://elsewhere.example" }));
    await expectAnswer(
      "post",
      path,
      429,
      afterFlood(() => trying({ "cf-connecting-ip": FLOODER })),
    );
    await expectAnswer("post", path, 503, () => trying(bearer, { ...keys, ...down() }));
  });

  test("holds for every answer to an export and an import", async () => {
    const path = "/deliveries/export";
    await expectAnswer("get", path, 200, () => get(path));
    await expectAnswer("get", path, 400, () => get(`${path}?limit=0`));
    await expectAnswer("get", path, 401, () => send(path));
    await expectAnswer("get", path, 503, () => get(path, {}, down()));
    await expectAnswer(
      "get",
      path,
      429,
      afterFlood(() => send(path, { headers: { "cf-connecting-ip": FLOODER } })),
    );
    const into = "/deliveries/import";
    const bytes = new TextEncoder().encode(segmentation(newJobId()));
    const at = new Date().toISOString();
    const told = { receivedAt: at, lastReceivedAt: at, count: 1, contentType: null, status: "stored", missing: null };
    const line = JSON.stringify({ id: await sha256(bytes), ...told, bytes: bytes.toBase64() });
    const importing = (body: BodyInit, headers: Record<string, string> = bearer, changes = {}) =>
      send(into, { method: "POST", body, headers }, changes);
    await expectAnswer("post", into, 200, () => importing(`${line}\nnot a line`));
    const broken = () => new ReadableStream({ pull: (controller) => controller.error(new Error("reset")) });
    await expectAnswer("post", into, 400, () => importing(broken()));
    await expectAnswer("post", into, 401, () => importing(line, {}));
    await expectAnswer("post", into, 403, () => importing(line, { ...bearer, origin: "https://elsewhere.example" }));
    await expectAnswer("post", into, 413, () => importing("x".repeat(2_200_000), bearer, { MAX_BODY_BYTES: "1" }));
    await expectAnswer(
      "post",
      into,
      429,
      afterFlood(() => importing(line, { "cf-connecting-ip": FLOODER })),
    );
    await expectAnswer("post", into, 503, () => importing(line, bearer, down()));
  });

  test("holds for health", async () => {
    await expectAnswer("get", "/livez", 200, () => send("/livez"));
    await expectAnswer("get", "/readyz", 200, () => send("/readyz"));
    await expectAnswer("get", "/readyz", 503, () => send("/readyz", {}, { CALLBACK_KEYS: "" }));
    await expectAnswer("get", "/readyz", 503, () => send("/readyz", {}, { ...noKv(), DB: freshDb() }));
    await expectAnswer("get", "/metrics", 200, () => get("/metrics"));
    await expectAnswer("get", "/metrics", 401, () => send("/metrics"));
    await expectAnswer(
      "get",
      "/metrics",
      429,
      afterFlood(() => send("/metrics", { headers: { "cf-connecting-ip": FLOODER } })),
    );
  });

  test("documents nothing that was not seen here", () => {
    const documented = Object.values(contract.paths).flatMap((path) =>
      Object.values(path).flatMap(({ operationId, responses }) =>
        Object.keys(responses).map((status) => `${operationId} ${status}`),
      ),
    );
    expect([...seen].toSorted()).toEqual(documented.toSorted());
  });
});
