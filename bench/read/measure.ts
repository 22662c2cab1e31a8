/**
 * One reader at all sizes, in a process of its own: `node measure.ts <reader> <format> <milliseconds>`. Prints the
 * CPU milliseconds of one read by size, as JSON: user and system time of the whole process, garbage collection included.
 */
import { type BodyFormat, callbackBody, jobIdOf, SIZES } from "../bodies.ts";
import { type ReaderName, READERS } from "./readers.ts";

const [name, format, milliseconds] = process.argv.slice(2) as [ReaderName, BodyFormat, string];
const reader = READERS[name];
const budget = Number(milliseconds);

/** Different bodies of one size, so that nothing is read twice in a row. */
const VARIANTS = 4;

const cpuMilliseconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Reads for about as long as told, in CPU time; gives CPU milliseconds of one read. */
function timed(bodies: readonly Uint8Array[], milliseconds: number): number {
  const start = cpuMilliseconds();
  let reads = 0;
  let spent = 0;
  while (spent < milliseconds || reads < 2) {
    for (const body of bodies) kept = reader(body);
    reads += bodies.length;
    spent = cpuMilliseconds() - start;
  }
  return spent / reads;
}

/** Held so that no engine can tell that nobody looks at it. */
let kept: unknown;

const perRead: Record<string, number> = {};
for (const [size, bytes] of Object.entries(SIZES)) {
  const bodies = Array.from({ length: VARIANTS }, (_, index) => callbackBody(format, bytes, jobIdOf(index)));
  timed(bodies, budget / 2);
  perRead[size] = timed(bodies, budget);
}
if (kept === undefined) throw new Error("Nothing was read.");
console.log(JSON.stringify(perRead));
