/**
 * Ctrl-C, a closed terminal and a cancelled pipeline end a deploy at any moment. The first signal aborts what is under
 * way, so that the deploy can say where it stands; the second one ends it at once.
 */
import { constants } from "node:os";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface Interruption {
  /** Aborted when the first signal comes. */
  signal: AbortSignal;
  /** What a shell expects of a program that a signal ended. */
  exitCode: () => number;
}

export function watchSignals(): Interruption {
  const controller = new AbortController();
  let code = 0;
  for (const name of SIGNALS)
    process.on(name, () => {
      if (code !== 0) process.exit(code);
      code = 128 + constants.signals[name];
      controller.abort();
    });
  // A terminal that was closed takes no more lines, which must not end the deploy before it has tidied up.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  return { signal: controller.signal, exitCode: () => code };
}
