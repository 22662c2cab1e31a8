/**
 * Posts callbacks as CI does to a callback URL, tells what became of them, and looks them up where asked to.
 * For a first try, for load, and as a check of a deployment. Usage: npm run simulate -- --help
 */
import { randomBytes } from "node:crypto";
import { lostOf } from "./callbacks/plan.ts";
import { announced } from "./ci/local-queue.ts";
import { HELP } from "./simulate/help.ts";
import { type Lost, register } from "./simulate/lost.ts";
import { lookUpBase, readOptions, type SimulateOptions } from "./simulate/options.ts";
import { checksOf, checksOfPost, digestOf, type Post, postsOf, readFiles } from "./simulate/posts.ts";
import { startProgress } from "./simulate/progress.ts";
import { isAsExpected, jsonReport, maskedUrl, textReport } from "./simulate/report.ts";
import { type Answer, probe, sendAll } from "./simulate/send.ts";
import { count, newTally, type Tally } from "./simulate/tally.ts";
import { type Verification, verifyAll } from "./simulate/verify.ts";

const EXIT = { asExpected: 0, notAsExpected: 1, usage: 2, interrupted: 130 } as const;

async function main(): Promise<number> {
  const surroundings = {
    env: process.env,
    present: Date.now(),
    anySeed: randomBytes(4).toString("hex"),
    localCi: announced(),
  };
  const read = readOptions(process.argv.slice(2), surroundings);
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

  let lost: Lost | null = null;
  if (options.ci !== null && options.plan !== undefined) {
    // Checked first, so that CI hears of no job whose callback cannot be sent at all.
    const fault = whyUnready(await probe({ ...options, signal: interruption.signal }));
    if (fault !== null) return giveUp(options, fault);
    const registered = await register(options.ci, options.plan);
    if (!registered.ok) {
      process.stderr.write(`${registered.error}\n`);
      return EXIT.notAsExpected;
    }
    lost = registered.value;
  }
  const sending = await send(options, files, interruption.signal);
  if (sending.hopeless !== null) return giveUp(options, sending.hopeless);
  const mayVerify = options.verify && !interruption.signal.aborted;
  const verification = mayVerify ? await verify(options, sending, interruption.signal) : null;
  const { tally, seconds } = sending;
  const outcome = { options, tally, seconds, lost, verification, interrupted: interruption.signal.aborted };
  process.stdout.write(`${options.json ? jsonReport(outcome) : textReport(outcome)}\n`);
  if (outcome.interrupted) return EXIT.interrupted;
  return isAsExpected(outcome) ? EXIT.asExpected : EXIT.notAsExpected;
}

function giveUp({ url }: SimulateOptions, fault: string): number {
  process.stderr.write(`Nothing could be sent to ${maskedUrl(url)}: ${fault}.\n`);
  return EXIT.notAsExpected;
}

interface Sending {
  tally: Tally;
  seconds: number;
  /** Places in the plan of what was not answered as expected. */
  unacknowledged: ReadonlySet<number>;
  /** How many look-ups the others are good for. */
  checks: number;
  /** Why the first answer left no hope for the others. */
  hopeless: string | null;
}

async function send(options: SimulateOptions, files: readonly Post[], interrupted: AbortSignal): Promise<Sending> {
  const tally = newTally();
  const unacknowledged = new Set<number>();
  let checks = 0;
  let hopeless: string | null = null;
  const end = new AbortController();
  const signal = AbortSignal.any([interrupted, end.signal]);
  const progress = startProgress("Sending", files.length + sentOf(options.plan));
  const start = performance.now();
  const posts = postsOf(files, options.plan).filter(({ isLost }) => !isLost);
  await sendAll(posts, { ...options, signal }, (post, answer) => {
    hopeless = tally.sent === 0 ? whyHopeless(answer) : null;
    if (hopeless !== null) return end.abort();
    const isExpected = count(tally, { ...post, digest: digestOf(post.body) }, answer);
    if (isExpected) checks += checksOfPost(post).length;
    else unacknowledged.add(post.number);
    if (post.isCounted) progress.step();
  });
  progress.end();
  return { tally, seconds: (performance.now() - start) / 1000, unacknowledged, checks, hopeless };
}

const sentOf = (plan: SimulateOptions["plan"]): number => (plan === undefined ? 0 : plan.count - lostOf(plan));

function whyHopeless({ unreachable, fault, status }: Answer): string | null {
  if (unreachable) return `${fault}. For a local run, start one with npm run dev`;
  return status === 404 ? "404, so its path is wrong, or its key is not one of the receiver's CALLBACK_KEYS" : null;
}

/** The same of an answer to a probe. Only this receiver's own 404 is about the key: another may know no GET there. */
const whyUnready = (answer: Answer): string | null =>
  answer.unreachable || answer.said["type"] === "/problems/not-found" ? whyHopeless(answer) : null;

async function verify(
  options: SimulateOptions,
  { unacknowledged, checks }: Sending,
  signal: AbortSignal,
): Promise<Verification> {
  const { plan, url } = options;
  const progress = startProgress("Looking up", checks);
  const due = plan === undefined ? [].values() : checksOf(plan, unacknowledged);
  const verification = await verifyAll(due, { ...options, base: lookUpBase(url) as URL, signal }, () =>
    progress.step(),
  );
  progress.end();
  return verification;
}

process.exitCode = await main();
