/** The lines that a listener prints. Names come from callbacks, so nothing in them may control the terminal. */
import { styleText } from "node:util";
import type { ListedJob } from "../../src/client/client.ts";
import type { Kind } from "./message.ts";
import type { ListenOptions } from "./options.ts";

/** The outcome of one post. */
export interface Answer {
  /** HTTP status; null if no answer came. */
  status: number | null;
  /** Why no answer came, or why nothing was posted. */
  fault: string | null;
  milliseconds: number;
}

type Told = Pick<ListedJob, "jobId" | "state" | "tag" | "event" | "object">;

export const isTaken = ({ status }: Answer): boolean => status !== null && status >= 200 && status < 300;

/** `17:06:35  job.finished  Success  WordsGeneralize  articles/meeting.txt  → 204  12 ms` */
export function answerLine(at: Date, kind: Kind, job: Told, answer: Answer, isColored: boolean): string {
  const { status, fault, milliseconds } = answer;
  const said = status === null ? `→ ${fault}` : `→ ${status}  ${Math.round(milliseconds)} ms`;
  const columns = [
    timeText(at),
    kind.padEnd(12),
    shown(job.state ?? "no state").padEnd(8),
    shown(job.tag ?? job.event ?? "no tag").padEnd(16),
    shown(job.object ?? job.jobId),
  ];
  // Whether to use colours; the caller knows the stream.
  const color = (text: string) => styleText(isTaken(answer) ? "green" : "red", text, { validateStream: false });
  return `${columns.join("  ")}  ${isColored ? color(said) : said}`;
}

export const timeText = (at: Date): string =>
  [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");

/** Control characters, and those that change the direction of text, are shown as ?. */
const shown = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");

/** The first lines. */
export function readyText(options: ListenOptions, secret: string, isFirst: boolean): string {
  const { base, to, raw, all, fromStart, stateFile } = options;
  const what = raw ? "the callback of each" : "an event for each";
  const from = fromStart ? "from its first job on" : isFirst ? "from now on" : `from where the last run ended`;
  return (
    `Following ${base.href} ${from}.\n` +
    `Posting ${what} ${all ? "change of a job" : "job that has ended"} to ${to.href}\n` +
    (raw ? "" : `Signing secret: ${secret}\n`) +
    `Ctrl-C ends it; ${stateFile} keeps the place.\n\n`
  );
}

export function endText(taken: number, refused: number): string {
  const total = taken + refused;
  if (total === 0) return "\nNothing was posted. The next run goes on here.\n";
  const posts = total === 1 ? "1 post" : `${total} posts`;
  const answers = refused === 0 ? "all answered with a 2xx" : `${refused} not answered with a 2xx`;
  return `\n${posts}, ${answers}. The next run goes on here.\n`;
}
