/**
 * Follows a receiver and posts what became of jobs to a URL on this machine, as its events or as its callbacks. Usage:
 * npm run listen -- --help
 */
import { ReceiverError } from "../src/client/client.ts";
import { follow } from "./listen/follow.ts";
import { endText, readyText } from "./listen/lines.ts";
import { HELP, type ListenOptions, readOptions } from "./listen/options.ts";
import { openState, saveState } from "./listen/state.ts";

const EXIT = { done: 0, refused: 1, usage: 2 } as const;

async function main(): Promise<number> {
  const read = readOptions(process.argv.slice(2), process.env);
  if (!read.ok) return refuse(read.error);
  if (read.value === "help") {
    process.stdout.write(HELP);
    return EXIT.done;
  }
  return listen(read.value);
}

function refuse(fault: string): number {
  process.stderr.write(`${fault}\nnpm run listen -- --help lists what there is.\n`);
  return EXIT.usage;
}

async function listen(options: ListenOptions): Promise<number> {
  const opened = await openState(options.stateFile, options.base);
  if (!opened.ok) return refuse(opened.error);
  const state = opened.value;
  if (options.fromStart) state.told = [];
  const secret = options.secret ?? state.secret;
  const interruption = new AbortController();
  // Once only, so that a second Ctrl-C ends the program at once.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interruption.abort());
  const tally = { taken: 0, refused: 0 };
  const isColored = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  try {
    await saveState(options.stateFile, state);
    process.stdout.write(readyText(options, secret, state.cursor === null));
    await follow({ options, state, secret, say, isColored, tally, signal: interruption.signal });
  } catch (error) {
    process.stderr.write(`${faultText(error, options)}\n`);
    return EXIT.refused;
  }
  process.stdout.write(endText(tally.taken, tally.refused));
  return EXIT.done;
}

/** The message of an error that waiting does not help, with what helps. */
function faultText(error: unknown, { base, stateFile }: ListenOptions): string {
  if (!(error instanceof ReceiverError)) return `${stateFile}: ${(error as Error).message}`;
  const { code, message } = error;
  if (code === "unauthorized") return `${base.href} refused the token. Set LOOKUP_TOKEN to one of its LOOKUP_TOKENS.`;
  if (code === "invalid-request") return `${message} Begin anew with --from-start, or delete ${stateFile}.`;
  if (code === "not-found") return `${base.href} has no /changes: is it a receiver, and a recent one?`;
  return message;
}

process.exitCode = await main();
