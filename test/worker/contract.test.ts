/** The contract at /openapi.json against the routes: every path, parameter and method is in it, and nothing else. */
import { beforeAll, describe, expect, test } from "vitest";
import { app } from "../../src/app.ts";
import { PROBLEMS } from "../../src/problems.ts";
import { documentOf } from "../../tools/openapi/document.ts";
import { type Contract, readContract } from "./contract.ts";
import { KEY, send, TOKEN } from "./receiver.ts";

const bearer = { authorization: `Bearer ${TOKEN}` };

describe("the contract", () => {
  let contract: Contract;

  beforeAll(async () => {
    contract = await readContract();
  });

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
});

describe("every problem", () => {
  test.each(Object.keys(PROBLEMS))("is explained at its type: %s", async (code) => {
    const response = await send(`/problems/${code}`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(await response.text()).toContain(PROBLEMS[code as keyof typeof PROBLEMS].title);
  });

  test("that is none is a wrong path", async () => {
    expect((await send("/problems/constructor")).status).toBe(404);
  });
});

describe("a path", () => {
  test.each([
    ["DELETE", "/jobs/x", "GET, HEAD"],
    ["POST", "/jobs", "GET, HEAD"],
    ["PUT", "/runs/x", "GET, HEAD"],
    ["GET", `/callbacks/${KEY}`, "POST"],
    ["GET", "/deliveries/x/reparse", "POST"],
    ["POST", "/livez", "GET, HEAD"],
    ["PATCH", "/readyz", "GET, HEAD"],
    ["GET", "/jobs/x/expectation", "PUT, DELETE"],
    ["GET", "/jobs/x/reconcile", "POST"],
    ["POST", "/openapi.json", "GET, HEAD"],
    ["PUT", "/deliveries/reparse", "POST"],
    ["POST", "/events", "GET, HEAD"],
    ["GET", "/events/test", "POST"],
    ["GET", "/jobs/x/resend", "POST"],
    ["POST", "/", "GET, HEAD"],
    ["DELETE", "/docs", "GET, HEAD"],
    ["POST", "/problems/not-found", "GET, HEAD"],
  ])("says what it takes: %s %s", async (method, path, allow) => {
    const response = await send(path, { method, headers: bearer });
    expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
    expect(await response.json()).toMatchObject({
      type: "/problems/method-not-allowed",
      detail: `This path takes ${allow}.`,
    });
  });
});
