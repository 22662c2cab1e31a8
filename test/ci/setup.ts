/**
 * CI, as the tests have it: that of tools/ci, a real HTTP server that checks every signature with Tencent's SDK. A test
 * in workerd cannot start one, so it asks here: `POST /` starts a CI of its own and answers where it is.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { LOCAL_KEYS, LOCAL_QUEUE } from "../../tools/ci/local-queue.ts";
import { type CiServer, startCi } from "../../tools/ci/server.ts";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started: CiServer[] = [];
  const start = async (response: ServerResponse) => {
    const ci = await startCi({ keys: LOCAL_KEYS });
    started.push(ci);
    response.end(ci.url);
  };
  const server = createServer((_, response) => void start(response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { secretId, secretKey } = LOCAL_KEYS;
  project.provide("ci", { url, secretId, secretKey, queue: LOCAL_QUEUE });
  return async () => {
    server.closeAllConnections();
    server.close();
    await Promise.all(started.map(({ stop }) => stop()));
  };
}
