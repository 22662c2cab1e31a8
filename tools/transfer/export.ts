/** Takes an export page by page, checks it, and writes it to its file. */
import { fail, ok, type Result } from "../../src/callback/result.ts";
import { openExport } from "./file.ts";
import { parseLine } from "./lines.ts";
import type { TransferOptions } from "./options.ts";
import { type Ask, askAt, type Attempt, type Sleep, untilDone } from "./request.ts";
import { countLine, newTally, type Say, type Tally } from "./tally.ts";

export interface Transfer {
  tally: Tally;
  say: Say;
  signal: AbortSignal;
  /** Waits between attempts. */
  sleep: Sleep;
}

export type Outcome =
  /** True if everything was transferred, or each exception was reported. */
  | { kind: "done" }
  | { kind: "interrupted" }
  /** The file or the base URL is wrong. */
  | { kind: "refused"; reason: string }
  | { kind: "failed"; reason: string };

interface ReadPage {
  bytes: Buffer;
  tally: Tally;
  next: string | null;
}

/** Rejects if the file cannot be written. `tally` counts the whole file, with what it had before. */
export async function runExport(options: TransferOptions, { tally, say, signal, sleep }: Transfer): Promise<Outcome> {
  const { base, token, giveUpSeconds } = options;
  const opened = await openExport(options.file, base);
  if (!opened.ok) return { kind: "refused", reason: opened.error };
  const file = opened.value;
  add(tally, file.tally);
  if (file.cursor !== null) say(`Going on after ${file.tally.deliveries} deliveries that ${options.file} has already.`);
  const ask = askAt(base, token, signal);
  let { cursor } = file;
  let { limit } = options;
  try {
    for (;;) {
      const attempt = async () => {
        const tried = await askPage(ask, limit, cursor);
        // If the receiver cannot give a page, it may be too much for its plan.
        limit = tried.ok ? Math.min(limit + 1, options.limit) : Math.ceil(limit / 2);
        return tried;
      };
      const page = await untilDone(attempt, { giveUpSeconds, signal, say, sleep });
      if (signal.aborted) return { kind: "interrupted" };
      if (!page.ok) return { kind: "failed", reason: page.error };
      await file.append(page.value.bytes);
      add(tally, page.value.tally);
      cursor = page.value.next;
      if (cursor === null) return { kind: "done" };
    }
  } finally {
    await file.close();
  }
}

async function askPage(ask: Ask, limit: number, cursor: string | null): Promise<Attempt<ReadPage>> {
  const query = new URLSearchParams({ limit: String(limit), ...(cursor !== null && { cursor }) });
  const answer = await ask(`deliveries/export?${query.toString()}`);
  if (!answer.ok) return answer;
  const page = readPage(answer.value);
  return page.ok ? page : { ok: false, reason: `A page of the export ${page.error}`, mayPass: true };
}

/** Checks every line of a page. Fails if it is not whole or not what the receiver has. */
function readPage(bytes: Buffer): Result<ReadPage, string> {
  const lines = bytes.toString("utf8").split("\n");
  if (lines.pop() !== "") return fail("is cut short");
  const tally = newTally();
  for (const [index, text] of lines.entries()) {
    const line = parseLine(text);
    if (!line.ok) return fail(`has a line that ${line.error}`);
    const { value } = line;
    const isLast = index === lines.length - 1;
    if (value.kind === "next" && isLast) return ok({ bytes, tally, next: value.next });
    if (value.kind === "next" || value.kind === "head") return fail("has a line where it should have none");
    countLine(tally, value);
  }
  return fail("is cut short");
}

function add(tally: Tally, more: Tally): void {
  for (const name of Object.keys(more) as (keyof Tally)[]) tally[name] += more[name];
}
