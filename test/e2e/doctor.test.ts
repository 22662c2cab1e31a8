/** The doctor against a real `wrangler dev`: healthy, and with one fault after another. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { ENVIRONMENT, newDirectory, type Receiver, ROOT, startReceiver, TOKEN } from "./server.ts";

let receiver: Receiver | undefined;
afterEach(async () => receiver?.stop());

async function doctor(...options: string[]): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, ["tools/doctor.ts", ...options], { cwd: ROOT, env: ENVIRONMENT });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += String(chunk)));
  const [code] = (await once(child, "close")) as [number];
  return { code, output };
}

/** The lines that are no "ok" and were not left out. */
const found = (output: string): string[] =>
  output
    .split("\n")
    .filter((line) => /^(?:XX|!!) /.test(line))
    .map((line) => line.replaceAll(/ {2,}/g, " "));

test("a local run has no fault, and however often it is examined, it keeps two test deliveries", async () => {
  const directory = newDirectory();
  receiver = await startReceiver(directory);
  const { base } = receiver;
  for (const word of ["stored", "duplicate"]) {
    const { code, output } = await doctor(base);
    expect([code, found(output)]).toEqual([0, []]);
    expect(output).toMatch(new RegExp(`^ok {2}callback +${word} in`, "m"));
  }
  const headers = { authorization: `Bearer ${TOKEN}` };
  const { deliveries } = (await (await fetch(`${base}/deliveries`, { headers })).json()) as {
    deliveries: { count: number }[];
  };
  expect(deliveries.map(({ count }) => count)).toEqual([2, 2]);

  const asStranger = await doctor(base, "--key", "wrong", "--token", "wrong");
  expect([asStranger.code, found(asStranger.output)]).toEqual([
    1,
    ["XX callback the key is not one of the receiver's CALLBACK_KEYS"],
  ]);

  const drop = ["d1", "execute", "DB", "--local", "--persist-to", directory, "--yes", "--command"];
  const sql = "DROP TABLE jobs; DELETE FROM d1_migrations";
  const dropped = spawnSync("wrangler", [...drop, sql], { cwd: ROOT, env: ENVIRONMENT, encoding: "utf8" });
  expect([dropped.status, dropped.stderr]).toEqual([0, expect.any(String)]);
  // What the store said last is good for some seconds: so is the finding.
  let last = await doctor(base);
  for (let tries = 0; tries < 10 && last.code === 0; tries += 1) last = await doctor(base);
  expect([last.code, found(last.output)[0]]).toEqual([
    1,
    expect.stringMatching(/^XX migrations 0 applied, \d+ needed$/),
  ]);
});

test.each([
  [{ MAX_BODY_BYTES: "8MB" }, "XX settings not allowed: MAX_BODY_BYTES"],
  [{ LOOKUP_TOKENS: "," }, "XX secrets not set: LOOKUP_TOKENS"],
])("a local run with %j has that fault first", async (vars, fault) => {
  receiver = await startReceiver(newDirectory(), vars);
  const { code, output } = await doctor(receiver.base);
  expect([code, found(output)[0]]).toEqual([1, fault]);
});
