/** The doctor against a local run: one that is healthy, and one that is not. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { startTarget, startUnmigratedTarget, type Target } from "./deliver.ts";
import { ENVIRONMENT, ROOT, TOKEN } from "./server.ts";

let receiver: Target | undefined;
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
  receiver = await startTarget();
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
    [
      "XX callback the key is not one of the receiver's CALLBACK_KEYS",
      "XX look-up the token is not one of the receiver's LOOKUP_TOKENS",
    ],
  ]);
});

test("a local run with wrong settings and no tables has a line for each fault, the causes first", async () => {
  receiver = await startUnmigratedTarget({ MAX_BODY_BYTES: "8MB", LOOKUP_TOKENS: "," });
  const { code, output } = await doctor(receiver.base);
  expect([code, found(output)]).toEqual([
    1,
    [
      "XX settings not allowed: MAX_BODY_BYTES",
      "XX secrets not set: LOOKUP_TOKENS",
      expect.stringMatching(/^XX migrations 0 applied, \d+ needed$/),
      expect.stringMatching(/^!! callback spilled in \d+ ms: D1 did not take it$/),
      "XX look-up the token is not one of the receiver's LOOKUP_TOKENS",
    ],
  ]);
});

test("tells a program the same, and a wrong usage by its exit code", async () => {
  receiver = await startTarget();
  const { code, output } = await doctor(receiver.base, "--json");
  expect([code, JSON.parse(output)]).toEqual([0, expect.objectContaining({ ok: true })]);
  expect((await doctor("--nonsense")).code).toBe(2);
});
