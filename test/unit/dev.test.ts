/** What `npm run dev` says of settings that are wrong, once the receiver answers. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { faultsAt } from "../../tools/dev/readiness.ts";

/** What is said of a receiver whose `/readyz` answers so. */
async function faultsOf(status: number, body: string): Promise<string | null> {
  const server = createServer((request, response) => {
    response.writeHead(request.url === "/readyz" ? status : 404);
    response.end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await faultsAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}

test("the receiver's own sentences are told", async () => {
  const detail = 'STORE is "kw". Allowed: one of d1, kv. The default is used instead.';
  expect(await faultsOf(503, JSON.stringify({ type: "/problems/not-ready", detail }))).toBe(detail);
});

test.each([
  [200, '{"status":"ready","detail":"none"}'],
  [503, "not JSON"],
  [503, "{}"],
])("nothing is said where /readyz answers %i %s", async (status, body) => {
  expect(await faultsOf(status, body)).toBeNull();
});

test("nothing is said of a receiver that does not answer", async () => {
  expect(await faultsAt("http://127.0.0.1:1")).toBeNull();
});
