/** `npm run listen` between a real receiver and a real hook: signed, byte for byte, through restarts, nothing twice. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { failed, segmentation, transcode, workflow } from "./bodies.ts";
import {
  ENVIRONMENT,
  freePort,
  KEY,
  newDirectory,
  pause,
  type Receiver,
  ROOT,
  startReceiver,
  TOKEN,
} from "./server.ts";

interface Seen {
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** What the receiver itself forwards with; to the hook's URL but for what stands behind `?`. */
const FORWARD_SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

const directory = newDirectory();
const state = (name: string) => ["--state", join(directory, "listen", `${name}.json`)];
let hook: Server;
let to: string;
/** Where the receiver is, whatever its port after a restart. */
let front: TcpServer;
let base: string;
let receiver: Receiver;
/** What came from the listener, and what from the receiver itself. */
let seen: Seen[] = [];
let forwarded: Seen[] = [];
let status = 204;

beforeAll(async () => {
  hook = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const list = request.url === "/hook" ? seen : forwarded;
      list.push({ headers: request.headers, body: Buffer.concat(chunks) });
      response.writeHead(status).end();
    });
  });
  hook.listen(0, "127.0.0.1");
  await once(hook, "listening");
  to = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/hook`;
  receiver = await startReceiver(directory, { FORWARD_URLS: `${to}?forwarded`, FORWARD_SECRETS: FORWARD_SECRET });
});

beforeAll(async () => {
  front = createTcpServer((socket) => {
    const behind = connect(Number(new URL(receiver.base).port), "127.0.0.1");
    for (const [one, other] of [
      [socket, behind],
      [behind, socket],
    ] as const)
      one
        .on("error", () => other.destroy())
        .on("close", () => other.destroy())
        .pipe(other);
  });
  front.listen(0, "127.0.0.1");
  await once(front, "listening");
  base = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
});

afterAll(async () => {
  front.close();
  await receiver.stop();
  hook.closeAllConnections();
  hook.close();
});

interface Listener {
  output: () => string;
  /** How many posts the hook had seen when it started. */
  before: number;
  /** Ctrl-C; gives the exit code. */
  end: () => Promise<number | null>;
  child: ChildProcess;
}

/** Resolves once it stands in the output what it does. */
async function listen(...args: string[]): Promise<Listener> {
  const env = { ...ENVIRONMENT, LOOKUP_TOKEN: TOKEN };
  const line = ["tools/listen.ts", base, "--to", to, ...args];
  const before = seen.length;
  const child = spawn(process.execPath, line, { cwd: ROOT, env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += String(chunk)));
  const ended = once(child, "close") as Promise<[number | null]>;
  const end = async () => {
    child.kill("SIGINT");
    return (await ended)[0];
  };
  await until(
    () => output.includes("Ctrl-C ends it") || child.exitCode !== null,
    () => output,
  );
  return { output: () => output, before, end, child };
}

async function until(isSo: () => boolean | Promise<boolean>, say: () => string): Promise<void> {
  for (let tries = 0; tries < 1_200; tries += 1) {
    if (await isSo()) return;
    await pause(50);
  }
  throw new Error(`It did not come about:\n${say()}\n${receiver.output()}`);
}

const idsOf = (events: readonly Seen[]): string[] =>
  events.map(({ body }) => (JSON.parse(String(body)) as { data: { jobId: string } }).data.jobId);

const cameFor = (list: readonly Seen[], jobId: string) => list.filter(({ body }) => body.includes(jobId));

/** Resolves once the hook was told of the job, and the listener knows it: ended before, it would tell it again. */
const comes = (jobId: string, listener: Listener) => {
  const isSaid = () => listener.output().split("→").length - 1 >= seen.length - listener.before;
  return until(() => cameFor(seen, jobId).length > 0 && isSaid(), listener.output);
};

async function post(body: string | Buffer, contentType = "application/json"): Promise<void> {
  const headers = { "content-type": contentType };
  const init = { method: "POST", headers, body: Buffer.from(body as string) };
  expect((await fetch(`${receiver.base}/callbacks/${KEY}`, init)).status).toBe(200);
}

/** A listener's first run begins now: it has asked once its state file has a cursor. */
const hasBegun = async (name: string, listener: Listener): Promise<void> => {
  const file = state(name)[1] ?? "";
  await until(() => !readFileSync(file, "utf8").includes('"cursor":null'), listener.output);
};

const secretIn = (listener: Listener): string => /Signing secret: (\S+)/.exec(listener.output())?.[1] ?? "";

test("a job that ends is posted as the signed event that the receiver itself sends, under the same id", async () => {
  const listener = await listen(...state("signed"));
  await hasBegun("signed", listener);
  await post(transcode("listen-runs", "Running", ""), "application/xml");
  await post(segmentation("listen-1"));
  await comes("listen-1", listener);
  const [came] = cameFor(seen, "listen-1");
  const headers = came?.headers as Record<string, string>;
  const event = new Webhook(secretIn(listener)).verify(String(came?.body), headers);
  expect(event).toMatchObject({ type: "job.finished", data: { jobId: "listen-1", state: "Success" } });

  await until(() => cameFor(forwarded, "listen-1").length > 0, listener.output);
  const [own] = cameFor(forwarded, "listen-1");
  expect(headers["webhook-id"]).toBe(own?.headers["webhook-id"]);
  const { data } = JSON.parse(String(own?.body)) as { data: object };
  expect(event).toMatchObject({ data });

  expect(cameFor(seen, "listen-runs")).toEqual([]);
  expect(await listener.end()).toBe(0);
  expect(listener.output()).toMatch(
    /\d\d:\d\d:\d\d {2}job\.finished {2}Success {3}WordsGeneralize {3}articles\/meeting\.txt {2}→ 204 {2}\d+ ms\n/,
  );
  expect(listener.output()).toMatch(/\n1 post, all answered with a 2xx\. The next run goes on here\.\n$/);
});

test("the next run tells what came meanwhile, with the same secret, and nothing twice", async () => {
  await post(failed("listen-2"), "application/xml");
  status = 500;
  const listener = await listen(...state("signed"));
  await comes("listen-2", listener);
  status = 204;
  await post(segmentation("listen-3"));
  await comes("listen-3", listener);
  const [came] = cameFor(seen, "listen-3");
  new Webhook(secretIn(listener)).verify(String(came?.body), came?.headers as Record<string, string>);
  expect(await listener.end()).toBe(0);
  expect(listener.output()).toContain("2 posts, 1 not answered with a 2xx.");

  const last = await listen(...state("signed"));
  await post(segmentation("listen-4"));
  await comes("listen-4", last);
  expect(await last.end()).toBe(0);
  expect(["listen-1", "listen-2", "listen-3", "listen-4"].map((id) => cameFor(seen, id).length)).toEqual([1, 1, 1, 1]);
});

test("a job that ended is not told again when its workflow is heard of", async () => {
  seen = [];
  const listener = await listen(...state("signed"));
  await post(segmentation("listen-flow"));
  await comes("listen-flow", listener);
  await post(workflow("listen-run", "listen-flow"), "application/xml");
  await comes("listen-flow-s", listener);
  await post(segmentation("listen-5"));
  await comes("listen-5", listener);
  expect(await listener.end()).toBe(0);
  expect(idsOf(seen)).toEqual(["listen-flow", "listen-flow-s", "listen-5"]);
});

test("--all tells of a job that goes on as well", async () => {
  const listener = await listen(...state("all"), "--all", "--from-start");
  await comes("listen-runs", listener);
  const [came] = cameFor(seen, "listen-runs");
  expect(JSON.parse(String(came?.body))).toMatchObject({ type: "job.updated", data: { state: "Running" } });
  expect(await listener.end()).toBe(0);
});

test("--raw posts the callback's own bytes under its own content type", async () => {
  const body = Buffer.from(`\uFEFF${transcode("listen-raw", "Success", "2026-03-01T10:00:09+0800")}\r\n `);
  seen = [];
  const listener = await listen(...state("raw"), "--raw");
  await hasBegun("raw", listener);
  await post(body, "text/xml; charset=utf-8");
  await comes("listen-raw", listener);
  expect(await listener.end()).toBe(0);
  expect(seen).toHaveLength(1);
  expect(seen[0]?.body.equals(body)).toBe(true);
  expect(seen[0]?.headers["content-type"]).toBe("text/xml; charset=utf-8");
  expect(seen[0]?.headers).not.toHaveProperty("webhook-signature");
});

test("--last tells of the last jobs again, oldest first", async () => {
  seen = [];
  const listener = await listen(...state("signed"), "--last", "2");
  await comes("listen-raw", listener);
  expect(await listener.end()).toBe(0);
  expect(idsOf(seen).slice(0, 2)).toEqual(["listen-5", "listen-raw"]);
});

test("the example with a queue takes the event, and its consumer looks the job up", async () => {
  const port = await freePort();
  const vars = { CI_EVENTS_SECRET: FORWARD_SECRET, RECEIVER_URL: base, LOOKUP_TOKEN: TOKEN };
  const args = ["dev", "--config", "examples/queue/wrangler.toml", "--port", `${port}`, "--inspector-port", "0"];
  const settings = Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const line = [...args, "--persist-to", newDirectory(), "--show-interactive-dev-session=false", ...settings];
  const worker = spawn("wrangler", line, { cwd: ROOT, env: ENVIRONMENT, detached: true });
  let output = "";
  for (const stream of [worker.stdout, worker.stderr]) stream.on("data", (chunk: Buffer) => (output += String(chunk)));
  try {
    const url = `http://127.0.0.1:${port}/`;
    const statusOf = (init: RequestInit) => fetch(url, init).then((answer) => answer.status, String);
    await until(
      async () => (await statusOf({})) === 405,
      () => output,
    );
    expect(await statusOf({ method: "POST", body: "{}" })).toBe(401);
    const listener = await listen(...state("queue"), "--to", url, "--secret", FORWARD_SECRET);
    await hasBegun("queue", listener);
    await post(segmentation("listen-queue"));
    await until(
      () => output.includes("listen-queue Success: 今天李明在北京打车，花了60元。"),
      () => output,
    );
    expect(await listener.end()).toBe(0);
  } finally {
    process.kill(-(worker.pid ?? 0), "SIGKILL");
  }
});

test("it goes on through a crash of the receiver, and tells what came after it", async () => {
  seen = [];
  const listener = await listen(...state("signed"));
  await receiver.crash();
  await until(() => listener.output().includes("No answer from the receiver"), listener.output);
  receiver = await startReceiver(directory);
  await post(segmentation("listen-after"));
  await comes("listen-after", listener);
  expect(await listener.end()).toBe(0);
  expect(cameFor(seen, "listen-after")).toHaveLength(1);
});

test("a token that is refused is said to be, and ends it", async () => {
  const listener = await listen(...state("refused"), "--token", "wrong");
  await until(() => listener.child.exitCode !== null, listener.output);
  expect(listener.child.exitCode).toBe(1);
  expect(listener.output()).toContain("refused the token. Set LOOKUP_TOKEN to one of its LOOKUP_TOKENS.");
});
