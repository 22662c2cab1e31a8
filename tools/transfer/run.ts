/** What an export and an import have in common as programs: options, Ctrl-C, progress, summary, exit code. */
import type { Outcome, Transfer } from "./export.ts";
import { type Direction, HELP, readOptions, type TransferOptions } from "./options.ts";
import { sleep } from "./request.ts";
import { isEmpty, newTally, progressText, startProgress, summaryText } from "./tally.ts";

const EXIT = { done: 0, notDone: 1, usage: 2, interrupted: 130 } as const;

interface Ended {
  outcome: Outcome;
  /** What was done with the deliveries: "exported to x". */
  done: string;
  /** How to continue if it ended early. */
  goOn: string;
}

type Run = (options: TransferOptions, transfer: Transfer) => Promise<Ended>;

/** Runs a transfer and gives its exit code. */
export async function transfer(direction: Direction, args: readonly string[], run: Run): Promise<number> {
  const read = readOptions(direction, args, process.env);
  if (!read.ok) return refuse(direction, read.error);
  if (read.value === "help") {
    process.stdout.write(HELP[direction]);
    return EXIT.done;
  }
  const interruption = new AbortController();
  // Once only, so that a second Ctrl-C ends the program at once.
  process.once("SIGINT", () => interruption.abort());
  const tally = newTally();
  const progress = startProgress(() => progressText(tally));
  const start = performance.now();
  let ended: Ended;
  try {
    ended = await run(read.value, { tally, say: progress.say, signal: interruption.signal, sleep });
  } catch (error) {
    const reason = `${read.value.file}: ${fileFault(error as NodeJS.ErrnoException)}`;
    if (tally.deliveries === 0) {
      process.stderr.write(`${reason}.\n`);
      return EXIT.notDone;
    }
    ended = { outcome: { kind: "failed", reason }, done: "transferred", goOn: "" };
  } finally {
    progress.end();
  }
  const { outcome, done, goOn } = ended;
  if (outcome.kind === "refused") return refuse(direction, outcome.reason);
  if (outcome.kind === "failed") process.stderr.write(`${outcome.reason}.\n`);
  if (outcome.kind === "failed" && isEmpty(tally)) return EXIT.notDone;
  process.stdout.write(summaryText(done, tally, (performance.now() - start) / 1000));
  if (outcome.kind !== "done" && goOn !== "") process.stdout.write(`This is not all. ${goOn}\n`);
  if (outcome.kind === "interrupted") return EXIT.interrupted;
  return outcome.kind === "done" && tally.corrupt + tally.faults === 0 ? EXIT.done : EXIT.notDone;
}

const FILE_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "you may not open this file",
  EISDIR: "this is a folder",
  ENOSPC: "there is no room left on the disk",
};

const fileFault = ({ code = "", message }: NodeJS.ErrnoException): string => FILE_FAULTS[code] ?? message;

function refuse(direction: Direction, fault: string): number {
  process.stderr.write(`${fault}\nnpm run ${direction} -- --help lists what there is.\n`);
  return EXIT.usage;
}
