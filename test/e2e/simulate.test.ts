/** The simulator as a script runs it: its exit code, and the local CI that knows of every job. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { LOCAL_KEYS, LOCAL_QUEUE } from "../../tools/ci/local-queue.ts";
import { startCi } from "../../tools/ci/server.ts";
import { freePort, ROOT } from "./server.ts";

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, ["tools/simulate.ts", ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (data) => (out += data));
  child.stderr.on("data", (data) => (err += data));
  const [code] = (await once(child, "close")) as [number];
  return { code, out, err };
}

/** A receiver of callbacks on loopback. */
async function serve(listener: RequestListener): Promise<{ url: string; close: () => void }> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callbacks/key`, close };
}

test("the exit code tells a script what came of it", async () => {
  const help = await run("--help");
  expect(help).toEqual({ code: 0, err: "", out: expect.stringContaining("Usage: npm run simulate") });
  expect(await run("--count", "none")).toEqual({
    code: 2,
    out: "",
    err: expect.stringContaining("--count none is not"),
  });
  const refused = `http://127.0.0.1:${await freePort()}/callbacks/key`;
  expect(await run(refused)).toEqual({ code: 1, out: "", err: expect.stringContaining("the connection was refused") });
  const { url, close } = await serve((_, response) => void response.writeHead(500).end("{}"));
  const failing = await run("--json", url);
  close();
  expect(failing.code).toBe(1);
  expect(JSON.parse(failing.out)).toMatchObject({
    sent: 2,
    answers: { "other (500)": 2 },
    unexpected: { count: 2 },
    ok: false,
  });
});

test("lost callbacks are not sent, and a local CI knows of every job", async () => {
  const { url: ci, ci: known, stop } = await startCi({ keys: LOCAL_KEYS });
  const got: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request);
    const jobs = [...known.jobs.keys()].filter((jobId) => body.includes(jobId));
    got.push(...jobs);
    const delivery = createHash("sha256").update(body).digest("hex");
    response.writeHead(200).end(JSON.stringify({ delivery, status: "stored", jobs }));
  };
  const { url, close } = await serve((request, response) => void answer(request, response));
  const options = ["--tag", "all", "--count", "30", "--lose", "10", "--seed", "lose", "--ci", ci, url];
  const { code, out } = await run("--json", ...options);
  const { sent, lost } = JSON.parse(out) as { sent: number; lost: { known: number; jobIds: string[] } };
  expect([code, sent, lost.known, lost.jobIds.length]).toEqual([0, 27, 30, 3]);
  expect([...known.jobs.keys()].toSorted()).toEqual([...got, ...lost.jobIds].toSorted());
  for (const { queueId, bucket, region, detail } of known.jobs.values())
    expect({ queueId, bucket, region, told: detail["QueueId"] }).toEqual({ ...LOCAL_QUEUE, told: queueId });

  const told = await run(...options);
  expect(told.out).toContain(
    `The local CI knows of 30 jobs. The callbacks of 3 jobs were lost:\n  ${lost.jobIds[0]}\n`,
  );
  expect(told.out).toContain(`: curl ${new URL(url).origin}/cdn-cgi/local/scheduled\n`);
  await stop();
  const without = await run(...options);
  expect(without).toMatchObject({ code: 1, err: expect.stringContaining("npm run dev -- --with-ci starts one") });
  close();
});

test("a local CI is told of no job if the receiver is not there, or its key is wrong", async () => {
  const { url: ci, ci: known, stop } = await startCi({ keys: LOCAL_KEYS });
  const { url, close } = await serve((_, response) =>
    response.writeHead(404, { "content-type": "application/problem+json" }).end('{"type":"/problems/not-found"}'),
  );
  const options = ["--count", "30", "--lose", "10", "--ci", ci, url];
  expect(await run(...options)).toMatchObject({ code: 1, out: "", err: expect.stringContaining("404, so its path") });
  close();
  expect(await run(...options)).toMatchObject({ code: 1, out: "", err: expect.stringContaining("nothing listens") });
  expect(known.jobs.size).toBe(0);
  await stop();
});
