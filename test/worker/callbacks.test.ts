import { env, exports } from "cloudflare:workers";
import { expect, test } from "vitest";
test("smoke", async () => {
  const r = await exports.default.fetch("https://x/callbacks/test-callback-key", {
    method: "POST",
    body: "<Response><JobsDetail><JobId>a\u0001</JobId><Code>Success</Code></JobsDetail></Response>",
  });
  expect(await r.json()).toEqual({});
});
