/** Paths and methods: what each problem's address says, and what is answered where no route is. */
import { describe, expect, test } from "vitest";
import { PROBLEMS } from "../../src/problems.ts";
import { KEY, send, TOKEN } from "./receiver.ts";

const bearer = { authorization: `Bearer ${TOKEN}` };

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
