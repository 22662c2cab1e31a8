/** What `--help` prints. */
import { SHAPE_NAMES } from "../callbacks/callback.ts";
import { TAGS } from "../callbacks/job-types.ts";

/** Names in lines of at most 72 characters, under the description of an option. */
function inLines(names: readonly string[]): string {
  const lines: string[] = [""];
  for (const name of names) {
    const line = `${lines.at(-1)}${name} `;
    if (line.length <= 72) lines[lines.length - 1] = line;
    else lines.push(`${name} `);
  }
  return lines.map((line) => `${" ".repeat(25)}${line.trimEnd()}`).join("\n");
}

export const HELP = `Posts callbacks to a callback URL as Tencent Cloud Infinite (CI) does, and tells what became of them.

Usage: npm run simulate -- [options] [callback URL]

The callback URL defaults to that of a local run, http://localhost:8787/callbacks/local-callback-key.

What is sent
  --tag <name>           Job type, several times or with commas, or all. Default WordsGeneralize.
${inLines(TAGS)}
  --format <f>           xml, json or both. Default both.
  --shape <name>         Envelope, several times or with commas, or all. Default usual: the one in which CI's
                         documentation shows the job type.
${inLines(SHAPE_NAMES)}
  --tokens <n>           Words of a segmentation. Default 40; 10,000 make a body of about 1.4 MB in XML.
  --count <n>            Callbacks. Default one of each kind asked for. The percentages below add to it.
  --file <path>          Posts a file as it is; several times for several. Without --count, only files.

What goes wrong on the way, each in percent of the callbacks, default 0
  --duplicates <p>       The same bytes come again.
  --out-of-order <p>     A notice of an earlier state comes after the final one.
  --failed <p>           The job failed.
  --malformed <p>        The body cannot be read: cut short, not UTF-8, wrong brackets and the like.
  --workflow <p>         The job was started by a workflow, of which a WorkflowFinish comes too.
  --lose <p>             The callback never comes, but the local CI knows of the job: npm run dev -- --with-ci.
  --ci <url>             Where the local CI is, which is told of every job. Default with --lose: that of npm run dev.

How it is sent
  --rate <n>             Callbacks begun a second. Default 0: as fast as they go through.
  --concurrency <n>      Requests at a time. Default 4.
  --retries <n>          Further tries after a 503 or without an answer. Default 0: CI promises no second try.
  --timeout <s>          Seconds to wait for an answer. Default 30.

Again, and again the same
  --seed <text>          The same seed and options give the same bodies, byte for byte. Default: another each time.
  --now <time>           The time that those of the jobs are counted back from. Default: with --seed
                         2026-01-01T00:00:00Z, otherwise the present.

What comes of it
  --verify               Looks every job up afterwards, and compares state, tag, words, UserData and detail with what
                         was sent. Looks up that unreadable callbacks are in quarantine.
  --token <token>        For the look-ups. Default: the environment's LOOKUP_TOKEN, then that of a local run.
  --json                 A summary for programs, on standard output.
  -h, --help             This text.

Exit codes: 0 all as expected, 1 something was not, 2 wrong usage, 130 interrupted (Ctrl-C; the summary so far is printed).

Examples
  npm run simulate
  npm run simulate -- --tag all --verify
  npm run simulate -- --tag all --shape all --count 500 --duplicates 10 --out-of-order 10 --malformed 5 --verify
  npm run simulate -- --count 50 --lose 10
  npm run simulate -- --count 2000 --rate 50 --seed load-1 https://callbacks.example.com/callbacks/$CALLBACK_KEY
  npm run simulate -- --file kept-callback.xml
`;
