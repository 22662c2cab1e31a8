/** Files of exports, and transfers that wait for nothing, for the tests of both. */
import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TransferOptions } from "../../tools/transfer/options.ts";
import { newTally } from "../../tools/transfer/tally.ts";

export const WRONG_TOKEN =
  "The receiver answered 401: the token is not one of the receiver's LOOKUP_TOKENS. Set LOOKUP_TOKEN to one of them";

export const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

export const line = (text: string, changes: object = {}) =>
  `${JSON.stringify({ id: sha256(text), count: 1, missing: null, bytes: Buffer.from(text).toString("base64"), ...changes })}\n`;

export const expectation = (jobId: string) => `${JSON.stringify({ expectation: { jobId, dueAt: "x" } })}\n`;

export const next = (cursor: string | null) => `${JSON.stringify({ next: cursor })}\n`;

export const newFile = () => join(mkdtempSync(join(tmpdir(), "transfer-")), "backup.ndjson");

export const optionsFor = (baseUrl: string, file: string, changes: Partial<TransferOptions> = {}): TransferOptions => ({
  base: new URL(`${baseUrl}/`),
  token: "secret",
  file,
  limit: 20,
  concurrency: 1,
  from: 1,
  giveUpSeconds: 10,
  ...changes,
});

/** A transfer that waits for nothing. `slept` has the pauses it would have made, in milliseconds. */
export function newTransfer() {
  const said: string[] = [];
  const slept: number[] = [];
  const interruption = new AbortController();
  return {
    tally: newTally(),
    said,
    slept,
    say: (message: string) => void said.push(message),
    sleep: async (milliseconds: number) => void slept.push(milliseconds),
    signal: interruption.signal,
    interrupt: () => interruption.abort(),
  };
}
