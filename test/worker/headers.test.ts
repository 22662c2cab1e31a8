/** The headers of security, which no answer is without: whether a callback's, a look-up's, a page's or an error's. */
import { expect, test } from "vitest";
import { newJobId, segmentation } from "./bodies.ts";
import { get, KEY, post, send } from "./receiver.ts";

const HEADERS = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "same-origin",
  "strict-transport-security": "max-age=15552000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

test.each([
  ["a callback", 200, () => post(segmentation(newJobId()))],
  ["a callback that fails", 503, () => post(segmentation(newJobId()), { DB: undefined, KV: undefined })],
  ["a look-up", 200, () => get("/jobs")],
  ["a look-up without a token", 401, () => send("/jobs")],
  ["a page", 200, () => send("/ui/sign-in")],
  ["a path without a route", 404, () => get("/nowhere")],
  ["a method without a route", 405, () => send(`/callbacks/${KEY}`, { method: "DELETE" })],
])("are on the answer to %s", async (_what, status, ask) => {
  const answer = await ask();
  expect(answer.status).toBe(status);
  expect(Object.fromEntries(Object.keys(HEADERS).map((name) => [name, answer.headers.get(name)]))).toEqual(HEADERS);
});
