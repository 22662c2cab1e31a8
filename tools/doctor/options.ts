/** Command line of the doctor. */
import { parseArgs } from "node:util";
import { fail, ok, type Result } from "../../src/callback/result.ts";

export interface DoctorOptions {
  /** Where the receiver is, with a slash at the end. */
  base: URL;
  /** One of its CALLBACK_KEYS; null where none was given. */
  key: string | null;
  /** One of its LOOKUP_TOKENS; null where none was given. */
  token: string | null;
  timeoutSeconds: number;
  json: boolean;
  /** Whether the callback URL is printed whole. Not where the output is kept for others to read. */
  showKey: boolean;
}

export const LOCAL_KEY = "local-callback-key";
export const LOCAL_TOKEN = "local-lookup-token";
const LOCAL_BASE = "http://localhost:8787";

export const HELP = `Checks a receiver from the outside, says what to do about each fault, and what to give to CI.

Usage: npm run doctor -- [options] [base URL]

The base URL is where the receiver is, without a path: https://callbacks.example.com. Default: ${LOCAL_BASE}.

  --key <key>        One of the receiver's CALLBACK_KEYS. Default: the environment's CALLBACK_KEY, then, for a local
                     run, ${LOCAL_KEY}.
  --token <token>    One of its LOOKUP_TOKENS. Default: the environment's LOOKUP_TOKEN, then, for a local run,
                     ${LOCAL_TOKEN}.
  --timeout <s>      Seconds to wait for an answer. Default 15.
  --json             The findings as one JSON object, on standard output.
  -h, --help         This text.

Without a key or token, the checks that need it are left out, and said to be.

The round trip posts two test bodies, the same each time: a console's test message, which names no job, and a job
named doctor-test-job, of Tag DoctorTest, whose UserData says that it is a test. However often the doctor runs, they
are one delivery each.

Where the receiver tells your own system of events, a test event is sent to each endpoint, of type receiver.test.

Exit codes: 0 no fault, perhaps warnings; 1 a fault; 2 wrong usage.
`;

/** "help", or the options; fails with a sentence about the first thing wrong. */
export function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Result<DoctorOptions | "help", string> {
  const line = parseLine(args);
  if (!line.ok) return line;
  const { values, positionals } = line.value;
  if (values.help === true) return ok("help");
  if (positionals.length > 1) return fail(`Give one base URL, not ${positionals.length}.`);
  const text = positionals[0] ?? LOCAL_BASE;
  const base = URL.parse(text);
  if (base === null || !/^https?:$/.test(base.protocol))
    return fail(`${text} is not a URL that begins with http:// or https://.`);
  if (base.pathname.includes("/callbacks/"))
    return fail(`Give the base URL, ${base.origin}, and the key with --key or CALLBACK_KEY.`);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  const timeoutSeconds = Number(values.timeout ?? 15);
  if (!(timeoutSeconds >= 1 && timeoutSeconds <= 600))
    return fail(`--timeout ${values.timeout} is not a number from 1 to 600.`);
  const local = isLoopback(base);
  return ok({
    base,
    key: values.key ?? env["CALLBACK_KEY"] ?? (local ? LOCAL_KEY : null),
    token: values.token ?? env["LOOKUP_TOKEN"] ?? (local ? LOCAL_TOKEN : null),
    timeoutSeconds,
    json: values.json ?? false,
    showKey: env["CI"] === undefined,
  });
}

export const isLoopback = ({ hostname }: URL): boolean =>
  hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");

function parseLine(args: readonly string[]) {
  const options = {
    key: { type: "string" },
    token: { type: "string" },
    timeout: { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  try {
    return ok(parseArgs({ args: [...args], options, allowPositionals: true }));
  } catch (error) {
    // Node's message ends with advice about "--" that does not apply here.
    return fail((error as Error).message.replace(/\. To specify a positional.*$/s, "."));
  }
}
