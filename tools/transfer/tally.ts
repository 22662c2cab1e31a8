/** Counts what was transferred, for the progress and for the summary. */

export interface Tally {
  deliveries: number;
  /** Bytes of their bodies. */
  bytes: number;
  expectations: number;
  /** Deliveries whose bytes were deleted by retention. */
  withoutBytes: number;
  /** Deliveries whose bytes are not the ones that came. */
  corrupt: number;
  /** What could not be transferred for another reason. Each was reported at once. */
  faults: number;
}

export const newTally = (): Tally => ({
  deliveries: 0,
  bytes: 0,
  expectations: 0,
  withoutBytes: 0,
  corrupt: 0,
  faults: 0,
});

/** Whether nothing has happened yet, so that there is nothing to sum up. */
export const isEmpty = (tally: Tally): boolean => Object.values(tally).every((count) => count === 0);

/** Counts a line. Only deliveries are counted. */
export function countLine(
  tally: Tally,
  line:
    | { kind: "delivery"; size: number }
    | { kind: "expectation" }
    | { kind: "missing"; missing: "retention" | "corrupt" },
): void {
  if (line.kind === "delivery") {
    tally.deliveries += 1;
    tally.bytes += line.size;
  } else if (line.kind === "expectation") tally.expectations += 1;
  else if (line.missing === "corrupt") tally.corrupt += 1;
  else tally.withoutBytes += 1;
}

const number = (value: number): string => value.toLocaleString("en-US");

const counted = (count: number, one: string, many: string): string => `${number(count)} ${count === 1 ? one : many}`;

export const sizeText = (bytes: number): string =>
  bytes < 1_000_000 ? `${number(bytes)} bytes` : `${number(Math.round(bytes / 10_000) / 100)} MB`;

export const progressText = ({ deliveries, bytes }: Tally): string =>
  `${counted(deliveries, "delivery", "deliveries")}, ${sizeText(bytes)}`;

/** The summary, with a line for each thing to know. `done` is what was done with the deliveries: "exported to x". */
export function summaryText(done: string, tally: Tally, seconds: number): string {
  const { deliveries, expectations, withoutBytes, corrupt, faults } = tally;
  const lines = [
    `${counted(deliveries, "delivery", "deliveries")} ${done}: ${sizeText(tally.bytes)} in ${number(Math.round(seconds))} s.`,
  ];
  if (expectations > 0) lines.push(`${counted(expectations, "expected job", "expected jobs")} too.`);
  if (withoutBytes > 0)
    lines.push(
      `${number(withoutBytes)} without bytes, which have passed their retention: an import cannot restore their records.`,
    );
  if (corrupt > 0)
    lines.push(`${number(corrupt)} corrupt: the bytes kept are not the ones that came, and are not in the export.`);
  if (faults > 0) lines.push(`${counted(faults, "fault", "faults")}, told above.`);
  return `${lines.join("\n")}\n`;
}

const REDRAW_MILLISECONDS = 100;
const LINE_MILLISECONDS = 10_000;

/** Prints a line that stays. */
export type Say = (message: string) => void;

/** Shows the progress of a transfer on standard error: in place on a terminal, otherwise as a line now and then. */
export function startProgress(
  text: () => string,
  to: NodeJS.WriteStream = process.stderr,
): { say: Say; end: () => void } {
  const clear = to.isTTY ? "\r\u001b[K" : "";
  const draw = () => to.write(to.isTTY ? `${clear}${text()}` : `${text()}\n`);
  const timer = setInterval(draw, to.isTTY ? REDRAW_MILLISECONDS : LINE_MILLISECONDS);
  timer.unref();
  return {
    say: (message) => void to.write(`${clear}${message}\n`),
    end: () => {
      clearInterval(timer);
      to.write(clear);
    },
  };
}
