/** Reads the file of an export, checks it, and puts its deliveries and expectations into a receiver, a few requests at a time. */
import { createReadStream } from "node:fs";
import { ok, type Result } from "../../src/callback/result.ts";
import type { Outcome, Transfer } from "./export.ts";
import { type FileLine, parseLine, type RawLine, readLines } from "./lines.ts";
import type { TransferOptions } from "./options.ts";
import { type Ask, askAt, type Attempt, type Patience, untilDone } from "./request.ts";
import { countLine, type Say, type Tally } from "./tally.ts";

/** Bytes of bodies in one request, unless a single body is larger. Reading them must fit into 10 ms of CPU. */
const BATCH_BYTES = 256 * 1024;

interface Sent extends RawLine {
  line: Extract<FileLine, { kind: "delivery" | "expectation" }>;
}

/**
 * How far an import has come: the line to continue with if it ended now. Everything before it is in the receiver, or
 * was reported.
 */
export interface Place {
  line: number;
}

/** Rejects if the file cannot be read. */
export async function runImport(options: TransferOptions, transfer: Transfer, place: Place): Promise<Outcome> {
  const { base, token, giveUpSeconds, concurrency } = options;
  const { tally, say, sleep } = transfer;
  const end = new AbortController();
  const signal = AbortSignal.any([transfer.signal, end.signal]);
  const patience: Patience = { giveUpSeconds, signal, say, sleep };
  const ask = askAt(base, token, signal);
  const file: FileState = { isWhole: false, refusal: null };
  const batches = batchesOf(options, tally, say, file);
  const underWay = new Set<readonly Sent[]>();
  let failure: string | null = null;

  async function sendSome(): Promise<void> {
    while (!signal.aborted) {
      const next = await batches.next();
      if (next.done === true) return;
      const batch = next.value;
      underWay.add(batch);
      const sent = await send(ask, batch, patience);
      if (!sent.ok) {
        // The other requests would fail in the same way. The current ones are aborted, and their place is reported.
        if (!signal.aborted) failure = sent.error;
        end.abort();
        return;
      }
      underWay.delete(batch);
      for (const line of batch) {
        const refused = sent.value.get(line.number);
        if (refused === undefined) countLine(tally, line.line);
        else {
          tally.faults += 1;
          say(`Line ${line.number}, ${nameOf(line)}: the receiver refused it. ${refused}`);
        }
      }
      place.line = Math.min(lastOf(batch).number + 1, ...[...underWay].map(([first]) => (first as Sent).number));
    }
  }
  await Promise.all(Array.from({ length: concurrency }, sendSome));
  if (failure !== null) return { kind: "failed", reason: failure };
  if (signal.aborted) return { kind: "interrupted" };
  if (file.refusal !== null) return { kind: "refused", reason: file.refusal };
  if (file.isWhole) return { kind: "done" };
  return { kind: "failed", reason: `${options.file} is not a whole export: its last line is missing` };
}

const nameOf = ({ line }: Sent): string =>
  line.kind === "delivery" ? `delivery ${line.id}` : `the expectation of job ${line.jobId}`;

const lastOf = (batch: readonly Sent[]): Sent => batch[batch.length - 1] as Sent;

interface FileState {
  /** Whether its last line says that nothing follows. */
  isWhole: boolean;
  /** Why this is not the file of an export. */
  refusal: string | null;
}

/**
 * The deliveries of the file, in groups of one request each. Those without bytes are counted, damaged lines are
 * reported.
 */
async function* batchesOf(
  { file, from, limit }: TransferOptions,
  tally: Tally,
  say: Say,
  state: FileState,
): AsyncGenerator<readonly Sent[], void> {
  let batch: Sent[] = [];
  let bytes = 0;
  for await (const raw of readLines(createReadStream(file))) {
    state.isWhole = false;
    const isSkipped = raw.number > 1 && raw.number < from;
    if (isSkipped) continue;
    const line = parseLine(raw.text);
    if (raw.number === 1 && (!line.ok || line.value.kind !== "head")) {
      state.refusal = `${file} is not an export: its first line ${line.ok ? "is not that of one" : line.error}.`;
      return;
    }
    if (!line.ok) {
      tally.faults += 1;
      say(`Line ${raw.number} ${line.error}.`);
      continue;
    }
    const { value } = line;
    switch (value.kind) {
      case "head":
        break;
      case "next":
        state.isWhole = value.next === null;
        break;
      case "missing":
        countLine(tally, value);
        break;
      case "delivery":
      case "expectation": {
        const size = value.kind === "delivery" ? value.size : 0;
        if (batch.length > 0 && (batch.length >= limit || bytes + size > BATCH_BYTES)) {
          yield batch;
          batch = [];
          bytes = 0;
        }
        batch.push({ ...raw, line: value });
        bytes += size;
      }
    }
  }
  if (batch.length > 0) yield batch;
}

/** Why lines were refused, by their number. */
type Refusals = Map<number, string>;

/** How often a batch is tried before it is sent in two parts: it may be too much for the receiver's plan. */
const TRIES_WHOLE = 3;

async function send(ask: Ask, batch: readonly Sent[], patience: Patience): Promise<Result<Refusals, string>> {
  const body = batch.map(({ text }) => `${text}\n`).join("");
  let tries = 0;
  let mayPass = false;
  const answer = await untilDone(async () => {
    const tried = await ask("deliveries/import", body);
    tries += 1;
    const read = tried.ok ? readAnswer(tried.value, batch) : tried;
    if (read.ok) return read;
    mayPass = read.mayPass;
    return { ...read, mayPass: mayPass && (batch.length === 1 || tries < TRIES_WHOLE) };
  }, patience);
  if (answer.ok || !mayPass || batch.length === 1 || patience.signal.aborted) return answer;
  patience.say(`${answer.error}. Sending the same in two parts.`);
  const half = Math.ceil(batch.length / 2);
  const refusals: Refusals = new Map();
  for (const part of [batch.slice(0, half), batch.slice(half)]) {
    const sent = await send(ask, part, patience);
    if (!sent.ok) return sent;
    for (const [number, reason] of sent.value) refusals.set(number, reason);
  }
  return ok(refusals);
}

/** Each line must be answered, and a delivery by its id. */
function readAnswer(answer: Buffer, batch: readonly Sent[]): Attempt<Refusals> {
  const wrong = (reason: string): Attempt<never> => ({ ok: false, reason, mayPass: true });
  const refusals: Refusals = new Map();
  let imported: { delivery?: unknown; status?: unknown; reason?: unknown }[];
  try {
    ({ imported } = JSON.parse(answer.toString("utf8")) as { imported: typeof imported });
    if (imported.length !== batch.length) return wrong("The receiver did not answer for every line");
  } catch {
    return wrong("The answer is not the one of a receiver");
  }
  for (const [index, line] of batch.entries()) {
    const { delivery, status, reason } = imported[index] ?? {};
    if (status === "refused") refusals.set(line.number, String(reason));
    else if (line.line.kind === "delivery" ? delivery !== line.line.id : status !== "expected")
      return wrong(`The receiver did not answer for ${nameOf(line)}`);
  }
  return { ok: true, value: refusals };
}
