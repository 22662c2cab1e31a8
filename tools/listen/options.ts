/** Command line of `npm run listen`. */
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { fail, ok, type Result } from "../../src/callback/result.ts";
import { keyOf } from "../../src/client/signature.ts";
import { isLoopback, LOCAL_TOKEN } from "../doctor/options.ts";

export interface ListenOptions {
  /** The URL of the receiver, with a slash at the end. */
  base: URL;
  /** One of its LOOKUP_TOKENS. */
  token: string;
  /** Where events go. */
  to: URL;
  /** The signing secret; null for that of the state file, or a new one. */
  secret: string | null;
  /** Posts every change, not only jobs that have ended. */
  all: boolean;
  /** Posts callbacks byte for byte in place of events. */
  raw: boolean;
  /** The file that keeps how far this got. */
  stateFile: string;
  /** Begins with the first job that the receiver has, whatever the state file says. */
  fromStart: boolean;
  /** How many of the last jobs are posted first. */
  last: number;
}

const LOCAL_BASE = "http://localhost:8787";
const LAST_MAX = 1_000;

export const HELP = `Follows a receiver and posts each job that has ended to a URL of yours, as the signed event that the receiver itself
would send. Use it to work on code that receives events, if the receiver cannot reach your machine.

Usage: LOOKUP_TOKEN=... npm run listen -- [base URL] --to <url>

The base URL is where the receiver is: https://callbacks.example.com. Default: ${LOCAL_BASE}.

  --to <url>          Where to post, such as http://localhost:3000/hook.
  --token <token>     One of the receiver's LOOKUP_TOKENS. Better in the environment as LOOKUP_TOKEN: npm prints the
                      arguments it is given. Default for a local run: ${LOCAL_TOKEN}.
  --secret <secret>   What to sign with: whsec_ and base64. Default: a secret that the first run makes; it is kept in the
                      state file and printed at each start.
  --all               Posts every change, not only ends: job.updated if the job has not ended.
  --raw               Posts the exact bytes of the callback, with its content type and without a signature.
  --last <n>          First posts the last n jobs, 1 to ${LAST_MAX}, even if they were posted before.
  --from-start        Begins with the first job that the receiver has.
  --state <file>      The file that keeps how far this got. Default: a file under .wrangler/listen/ for each receiver and URL.
  -h, --help          This text.

The first run begins now. Each later run continues where the previous one ended. If you do not answer an event with a 2xx,
that is shown, and the event is not posted again: use --last for that. Ctrl-C ends it.

Exit codes: 0 ended by Ctrl-C; 1 the receiver refused, or the state file cannot be written; 2 wrong usage.
`;

const OPTIONS = {
  to: { type: "string" },
  token: { type: "string" },
  secret: { type: "string" },
  all: { type: "boolean" },
  raw: { type: "boolean" },
  last: { type: "string" },
  "from-start": { type: "boolean" },
  state: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** "help", or the options; fails with a sentence about the first thing wrong. */
export function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Result<ListenOptions | "help", string> {
  const line = parseLine(args);
  if (!line.ok) return line;
  const { values, positionals } = line.value;
  if (values.help === true) return ok("help");
  if (values.to === undefined) return fail("Say where to post with --to, such as --to http://localhost:3000/hook.");
  const to = readUrl(values.to);
  if (to === null) return fail(`--to ${values.to} is not a URL that begins with http:// or https://.`);
  if (positionals.length > 1) return fail(`Give one base URL, not ${positionals.length}.`);
  const given = positionals[0] ?? LOCAL_BASE;
  const base = readUrl(given);
  if (base === null) return fail(`${given} is not a URL that begins with http:// or https://.`);
  if (base.pathname.includes("/callbacks/"))
    return fail(`Give the base URL, ${base.origin}, not the callback URL: this needs a look-up token and no key.`);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  base.search = base.hash = "";
  const token = values.token ?? env["LOOKUP_TOKEN"] ?? (isLoopback(base) ? LOCAL_TOKEN : undefined);
  if (token === undefined || token === "") return fail("Set LOOKUP_TOKEN to one of the receiver's LOOKUP_TOKENS.");
  const { secret = null, last = "0" } = values;
  if (secret !== null && keyOf(secret) === null) return fail("--secret is not whsec_ and base64.");
  if (secret !== null && values.raw === true) return fail("--raw signs nothing, so it takes no --secret.");
  if (values.last !== undefined && !(/^\d{1,4}$/.test(last) && Number(last) >= 1 && Number(last) <= LAST_MAX))
    return fail(`--last ${last} is not a whole number from 1 to ${LAST_MAX}.`);
  return ok({
    base,
    token,
    to,
    secret,
    all: values.all ?? false,
    raw: values.raw ?? false,
    stateFile: values.state ?? stateFileOf(base, to),
    fromStart: values["from-start"] ?? false,
    last: Number(last),
  });
}

/** `fetch` refuses a user name or password in a URL. */
function readUrl(text: string): URL | null {
  const url = URL.parse(text);
  return url === null || !/^https?:$/.test(url.protocol) || url.username + url.password !== "" ? null : url;
}

/** A file for each pair of receiver and URL, so that two listeners do not overwrite each other's state. */
function stateFileOf(base: URL, to: URL): string {
  const digest = createHash("sha256").update(`${base.href} ${to.href}`).digest("hex").slice(0, 8);
  return `.wrangler/listen/${base.host.replaceAll(/[^\w.-]/g, "_")}-${digest}.json`;
}

function parseLine(args: readonly string[]) {
  try {
    return ok(parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true }));
  } catch (error) {
    // Node's message ends with advice about "--" that does not fit here.
    return fail((error as Error).message.replace(/\. To specify a positional.*$/s, "."));
  }
}
