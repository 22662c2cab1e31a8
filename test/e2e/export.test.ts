/** The documented way of a back-up, as a user goes it: export, a new receiver, import; every byte and record compared. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { generateCallback } from "../../tools/callbacks/callback.ts";
import { startTarget, type Target } from "./deliver.ts";
import { ENVIRONMENT, KEY, newDirectory, pause, ROOT, TOKEN } from "./server.ts";

const CALLBACKS = 30;

let source: Target;
let target: Target;
const directory = newDirectory();
const file = join(directory, "backup.ndjson");
const sent = new Map<string, Buffer>();

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const noise = Buffer.from(Array.from({ length: 2_000_000 }, (_, at) => (at * at * 7919 + (at >> 3)) & 0xff));

async function post(receiver: Target, body: Uint8Array | string): Promise<void> {
  const bytes = Buffer.from(body as string);
  const response = await fetch(`${receiver.base}/callbacks/${KEY}`, { method: "POST", body: bytes });
  await response.body?.cancel();
  expect([200, 400, 415]).toContain(response.status);
  sent.set(sha256(bytes), bytes);
}

const get = (receiver: Target, path: string) =>
  fetch(`${receiver.base}${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });

function start(tool: "export" | "import", ...args: string[]): { child: ChildProcess; output: () => string } {
  const env = { ...ENVIRONMENT, LOOKUP_TOKEN: TOKEN };
  const child = spawn(process.execPath, [`tools/${tool}.ts`, ...args], { cwd: ROOT, env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => (output += String(chunk)));
  return { child, output: () => output };
}

async function run(tool: "export" | "import", ...args: string[]): Promise<{ code: number; output: string }> {
  const { child, output } = start(tool, ...args);
  const [code] = (await once(child, "close")) as [number];
  return { code, output: output() };
}

async function listAll(receiver: Target, path: string, name: string): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const answer = await get(receiver, `${path}?limit=100${cursor && `&cursor=${cursor}`}`);
    const page = (await answer.json()) as Record<string, unknown>;
    all.push(...(page[name] as Record<string, unknown>[]));
    cursor = page["next"] as string | null;
  }
  return all;
}

/** Every record that look-ups answer, and the digest of the bytes behind each delivery. */
async function everything(receiver: Target) {
  const deliveries = await listAll(receiver, "/deliveries", "deliveries");
  const jobs = await listAll(receiver, "/jobs", "jobs");
  const raw = new Map<string, Buffer>();
  for (const { id } of deliveries) {
    const answer = await get(receiver, `/deliveries/${String(id)}/raw`);
    raw.set(String(id), Buffer.from(await answer.arrayBuffer()));
  }
  const records = [];
  for (const { jobId } of jobs) records.push(await (await get(receiver, `/jobs/${String(jobId)}`)).json());
  return {
    deliveries: deliveries.toSorted((a, b) => String(a["id"]).localeCompare(String(b["id"]))),
    jobs,
    records,
    raw,
  };
}

beforeAll(async () => {
  [source, target] = await Promise.all([startTarget(), startTarget()]);
  for (let index = 0; index < CALLBACKS; index += 1) {
    const kind = { shape: "response", format: index % 2 === 0 ? "xml" : "json", tag: "WordsGeneralize" } as const;
    const { body } = generateCallback({ seed: "export", index, kind, now: 0, tokens: 20 });
    await post(source, body);
    if (index % 10 === 0) await post(source, body);
  }
  // What `wrangler d1 export` turns into each other, and bytes that are no text.
  for (const body of [
    "two\nlines and a literal \\n",
    "a \\n b \n c",
    '{"a": "\\n"}\n\n',
    Buffer.from([0xff, 0, 10, 13, 0x5c, 0x6e]),
    noise,
    "",
  ])
    await post(source, body);
});

afterAll(async () => {
  await source?.stop();
  await target?.stop();
});

test("an export that is killed is gone on with by the same command, and then has everything once", async () => {
  const { child } = start("export", source.base, "--out", file, "--limit", "3");
  for (let tries = 0; tries < 600 && (statSync(file, { throwIfNoEntry: false })?.size ?? 0) < 20_000; tries += 1)
    await pause(10);
  child.kill("SIGKILL");
  await once(child, "close");
  const cut = readFileSync(file);
  expect(cut.toString()).not.toContain('{"next":null}');
  // What a crash of the machine may leave behind the last whole page.
  writeFileSync(file, Buffer.concat([cut, Buffer.alloc(700), Buffer.from('\n{"id":"')]));

  const { code, output } = await run("export", source.base, "--out", file);
  expect([code, output]).toEqual([0, expect.stringContaining(`${sent.size} deliveries exported to ${file}`)]);
  expect(output).toContain("Going on after ");
  const lines = readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, string>);
  const ids = lines.flatMap(({ id }) => id ?? []);
  expect(ids.toSorted()).toEqual([...sent.keys()].toSorted());
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const again = await run("export", source.base, "--out", file);
  expect([again.code, again.output]).toEqual([2, expect.stringContaining("is a whole export already")]);
  const other = await run("export", target.base, "--out", file);
  expect([other.code, other.output]).toEqual([2, expect.stringContaining("is an export of")]);
});

test("an import gives an empty receiver every byte and record, also when it was killed before, or runs twice at once", async () => {
  const before = await everything(source);
  expect(before.raw).toEqual(sent);
  expect((await everything(target)).deliveries).toEqual([]);

  const { child } = start("import", target.base, "--in", file, "--limit", "2", "--concurrency", "1");
  for (let tries = 0; tries < 600; tries += 1) {
    const { deliveries } = (await (await get(target, "/deliveries?limit=5")).json()) as { deliveries: unknown[] };
    if (deliveries.length === 5) break;
    await pause(10);
  }
  child.kill("SIGKILL");
  await once(child, "close");
  expect((await everything(target)).deliveries.length).toBeLessThan(sent.size);

  const both = await Promise.all([
    run("import", target.base, "--in", file),
    run("import", target.base, "--in", file, "--concurrency", "2"),
  ]);
  for (const { code, output } of both)
    expect([code, output]).toEqual([0, expect.stringContaining(`${sent.size} deliveries imported from ${file}`)]);
  expect(await everything(target)).toEqual(before);
});

test("callbacks that come while an import runs, of jobs that it has too, are kept beside it", async () => {
  const half = generateCallback({
    seed: "export",
    index: 1,
    kind: { shape: "response", format: "json", tag: "WordsGeneralize" },
    now: 0,
    tokens: 20,
  });
  const importing = run("import", target.base, "--in", file);
  for (let times = 0; times < 5; times += 1) await post(target, half.body);
  const { code } = await importing;
  expect(code).toBe(0);
  const { deliveries, raw } = await everything(target);
  expect(raw).toEqual(sent);
  expect(deliveries.find(({ id }) => id === sha256(Buffer.from(half.body as string)))).toMatchObject({ count: 6 });
});
