/**
 * Posts callbacks as CI does to a callback URL, tells what became of them, and looks them up where asked to.
 * For a first try, for load, and as a check of a deployment. Usage: npm run simulate -- --help
 */
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import type { Callback, Format } from "./callbacks/callback.ts";
import { planDeliveries } from "./callbacks/plan.ts";
import { HELP } from "./simulate/help.ts";
import { lookUpBase, readOptions, type SimulateOptions } from "./simulate/options.ts";
import { startProgress } from "./simulate/progress.ts";
import { isAsExpected, jsonReport, maskedUrl, type Outcome, textReport } from "./simulate/report.ts";
import { type Letter, sendAll } from "./simulate/send.ts";
import { count, newTally } from "./simulate/tally.ts";
import { type Check, type Verification, verifyAll } from "./simulate/verify.ts";

const WRONG_KEY = "404, so its path is wrong, or its key is none of the receiver's CALLBACK_KEYS";

const EXIT = { asExpected: 0, notAsExpected: 1, usage: 2, interrupted: 130 } as const;

/** One thing to post; `number` is its place in the plan. */
interface Post extends Letter {
  name: string;
  callback: Callback | null;
  number: number;
  isCounted: boolean;
}

function* postsOf(files: readonly Post[], { plan }: SimulateOptions): Generator<Post, void> {
  yield* files;
  if (plan === undefined) return;
  let number = 0;
  for (const { callback, role } of planDeliveries(plan)) {
    const { tag, shape, format } = callback.kind;
    const name = `callback ${number} (${[tag, shape, format, ...(role === "final" ? [] : [role])].filter(Boolean).join(", ")})`;
    const { body, headers } = callback;
    yield { name, callback, number, body, headers, isCounted: role === "final" };
    number += 1;
  }
}

/** What to look up: the last word on each job that was acknowledged, and what must be in quarantine. */
function* checksOf({ plan }: SimulateOptions, unacknowledged: ReadonlySet<number>): Generator<Check, void> {
  if (plan === undefined) return;
  let number = 0;
  for (const { callback, role } of planDeliveries(plan)) {
    const isDue = role === "final" && !unacknowledged.has(number);
    number += 1;
    if (!isDue) continue;
    const { format } = callback.kind;
    if (isUnreadable(callback)) yield { format, quarantined: digestOf(callback.body) };
    for (const job of callback.expected) yield { format, job };
  }
}

const isUnreadable = ({ outcome }: Callback): boolean =>
  outcome === "malformed-body" || outcome === "unsupported-media-type";

const digestOf = (body: string | Uint8Array): string => createHash("sha256").update(body).digest("hex");

const MEDIA_TYPES: Readonly<Record<string, `application/${Format}`>> = {
  ".xml": "application/xml",
  ".json": "application/json",
};

async function readFiles(paths: readonly string[]): Promise<Post[]> {
  return Promise.all(
    paths.map(async (path) => {
      const body = new Uint8Array(await readFile(path));
      const type = MEDIA_TYPES[extname(path).toLowerCase()];
      const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
      return { name: path, callback: null, number: -1, body, headers, isCounted: true };
    }),
  );
}

async function main(): Promise<number> {
  const read = readOptions(process.argv.slice(2), {
    env: process.env,
    present: Date.now(),
    anySeed: randomBytes(4).toString("hex"),
  });
  if (!read.ok) return refuse(read.error);
  if (read.value === "help") {
    process.stdout.write(HELP);
    return EXIT.asExpected;
  }
  const options = read.value;
  let files: Post[];
  try {
    files = await readFiles(options.files);
  } catch (error) {
    return refuse(`A file cannot be read: ${(error as Error).message}`);
  }
  return simulate(options, files);
}

function refuse(fault: string): number {
  process.stderr.write(`${fault}\nnpm run simulate -- --help lists what there is.\n`);
  return EXIT.usage;
}

async function simulate(options: SimulateOptions, files: readonly Post[]): Promise<number> {
  const interruption = new AbortController();
  // Once: a second Ctrl-C ends the program at once, as without this.
  process.once("SIGINT", () => interruption.abort());
  const dead = new AbortController();
  const tally = newTally();
  const unacknowledged = new Set<number>();
  /** Why the first answer leaves no hope for the others. */
  let hopeless: string | null = null;
  let due = 0;

  const total = files.length + (options.plan?.count ?? 0);
  const progress = startProgress("Sending", total);
  const start = performance.now();
  const signal = AbortSignal.any([interruption.signal, dead.signal]);
  await sendAll(postsOf(files, options), { ...options, signal }, (post, answer) => {
    if (tally.sent === 0 && (answer.unreachable || answer.status === 404)) {
      hopeless = answer.unreachable ? `${answer.fault}. For a local run, start one with npm run dev` : WRONG_KEY;
      return dead.abort();
    }
    const size = typeof post.body === "string" ? Buffer.byteLength(post.body) : post.body.length;
    const isExpected = count(tally, { ...post, digest: digestOf(post.body) }, size, answer);
    if (!isExpected) unacknowledged.add(post.number);
    else if (post.isCounted && post.callback !== null)
      due += post.callback.expected.length + Number(isUnreadable(post.callback));
    if (post.isCounted) progress.step();
  });
  const seconds = (performance.now() - start) / 1000;
  progress.end();
  if (hopeless !== null) {
    process.stderr.write(`Nothing could be sent to ${maskedUrl(options.url)}: ${hopeless}.
`);
    return EXIT.notAsExpected;
  }

  let verification: Verification | null = null;
  if (options.verify && !interruption.signal.aborted) {
    const looking = startProgress("Looking up", due);
    const lookUps = { ...options, base: lookUpBase(options.url) as URL, signal: interruption.signal };
    verification = await verifyAll(checksOf(options, unacknowledged), lookUps, looking.step);
    looking.end();
  }
  const outcome: Outcome = { options, tally, seconds, verification, interrupted: interruption.signal.aborted };
  process.stdout.write(`${options.json ? jsonReport(outcome) : textReport(outcome)}\n`);
  if (outcome.interrupted) return EXIT.interrupted;
  return isAsExpected(outcome) ? EXIT.asExpected : EXIT.notAsExpected;
}

process.exitCode = await main();
