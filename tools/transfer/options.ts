/** Command lines of the export and the import. */
import { parseArgs } from "node:util";
import { fail, ok, type Result } from "../../src/callback/result.ts";
import { isLoopback, LOCAL_TOKEN } from "../doctor/options.ts";

export interface TransferOptions {
  /** The URL of the receiver, with a slash at the end. */
  base: URL;
  /** One of its LOOKUP_TOKENS. */
  token: string;
  file: string;
  /** How many deliveries are in one request at most. */
  limit: number;
  /** How many requests are made at a time. */
  concurrency: number;
  /** The line of the file to begin with, from 1. */
  from: number;
  /** How long one request is tried again, in seconds. */
  giveUpSeconds: number;
}

export type Direction = "export" | "import";

/** How many deliveries are in one request by default: what Cloudflare's free plan can do. */
const DEFAULT_LIMIT = 20;
const DEFAULT_CONCURRENCY = 4;
const DEFAULT_GIVE_UP_SECONDS = 300;

const COMMON = `  --token <token>     One of the receiver's LOOKUP_TOKENS. Better in the environment as LOOKUP_TOKEN: npm prints the
                      arguments it is given. Default for a local run: ${LOCAL_TOKEN}.
  --limit <n>         Deliveries in one request, 1 to 100. Default ${DEFAULT_LIMIT}, which fits the free plan of Cloudflare;
                      100 is faster on the paid one.
  --give-up <s>       For how many seconds a failing request (no connection, 429, 5xx) is repeated. Default ${DEFAULT_GIVE_UP_SECONDS}.
  -h, --help          This text.
`;

export const HELP: Record<Direction, string> = {
  export: `Writes every delivery that a receiver keeps to a file, byte for byte, one line of JSON each.

Usage: LOOKUP_TOKEN=... npm run export -- <base URL> --out <file>

The base URL is where the receiver is: https://callbacks.example.com.

  --out <file>        Where to write. If the file has an export that was cut short, it is continued; if it has a complete
                      one, it is left alone. Only you can read the file.
${COMMON}
The bytes of each delivery are checked against its SHA-256 before they are written.

Exit codes: 0 everything is in the file; 1 something is not, and is named; 2 wrong usage; 130 interrupted (Ctrl-C; the
same command continues).
`,
  import: `Puts the deliveries of an export into a receiver, with their times and counts. Importing a file twice changes nothing.

Usage: LOOKUP_TOKEN=... npm run import -- <base URL> --in <file>

The base URL is where the receiver is: https://callbacks.example.com.

  --in <file>         A file that npm run export has written.
  --from <line>       Begin with this line of the file. An import that ends early says which.
  --concurrency <n>   Requests at a time, 1 to 50. Default ${DEFAULT_CONCURRENCY}.
${COMMON}
The bytes of each delivery are checked against its SHA-256 here and by the receiver.

Exit codes: 0 everything in the file is in the receiver, except deliveries whose bytes had passed retention; 1 something
is not, and is named; 2 wrong usage; 130 interrupted (Ctrl-C).
`,
};

const OPTIONS = {
  token: { type: "string" },
  out: { type: "string" },
  in: { type: "string" },
  limit: { type: "string" },
  concurrency: { type: "string" },
  from: { type: "string" },
  "give-up": { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

const OF_THE_OTHER = { export: ["in", "from", "concurrency"], import: ["out"] } as const;

/** "help", or the options; fails with a sentence about the first thing wrong. */
export function readOptions(
  direction: Direction,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Result<TransferOptions | "help", string> {
  const line = parseLine(args);
  if (!line.ok) return line;
  const { values, positionals } = line.value;
  if (values.help === true) return ok("help");
  const other = OF_THE_OTHER[direction].find((name) => values[name] !== undefined);
  if (other !== undefined) return fail(`--${other} is not an option of npm run ${direction}.`);
  if (positionals.length === 0) return fail("Give the receiver's base URL, such as https://callbacks.example.com.");
  if (positionals.length > 1) return fail(`Give one base URL, not ${positionals.length}.`);
  const base = URL.parse(positionals[0] as string);
  if (base === null || !/^https?:$/.test(base.protocol))
    return fail(`${positionals[0]} is not a URL that begins with http:// or https://.`);
  if (base.pathname.includes("/callbacks/"))
    return fail(`Give the base URL, ${base.origin}, not the callback URL: this needs a look-up token and no key.`);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  base.search = base.hash = "";
  const token = values.token ?? env["LOOKUP_TOKEN"] ?? (isLoopback(base) ? LOCAL_TOKEN : undefined);
  if (token === undefined || token === "") return fail("Set LOOKUP_TOKEN to one of the receiver's LOOKUP_TOKENS.");
  const file = direction === "export" ? values.out : values.in;
  if (file === undefined) return fail(`Give the file with --${direction === "export" ? "out" : "in"}.`);
  const faults: string[] = [];
  const whole = (name: "limit" | "concurrency" | "from" | "give-up", fallback: number, min: number, max: number) => {
    const text = values[name] ?? String(fallback);
    if (!/^\d+$/.test(text) || Number(text) < min || Number(text) > max)
      faults.push(`--${name} ${text} is not a whole number from ${min} to ${max}.`);
    return Number(text);
  };
  const options: TransferOptions = {
    base,
    token,
    file,
    limit: whole("limit", DEFAULT_LIMIT, 1, 100),
    concurrency: whole("concurrency", DEFAULT_CONCURRENCY, 1, 50),
    from: whole("from", 1, 1, Number.MAX_SAFE_INTEGER),
    giveUpSeconds: whole("give-up", DEFAULT_GIVE_UP_SECONDS, 0, 86_400),
  };
  const [fault] = faults;
  return fault === undefined ? ok(options) : fail(fault);
}

function parseLine(args: readonly string[]) {
  try {
    return ok(parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true }));
  } catch (error) {
    // Node's message ends with advice about "--" that does not fit here.
    return fail((error as Error).message.replace(/\. To specify a positional.*$/s, "."));
  }
}
