/** Command line of the simulator: what may be asked for, checked in full before anything is sent. */
import { parseArgs } from "node:util";
import { fail, ok, type Result } from "../../src/callback/result.ts";
import { type Format, FORMATS, type Kind, kindsOf, type Shape, SHAPE_NAMES } from "../callbacks/callback.ts";
import { TAGS } from "../callbacks/job-types.ts";
import type { PlanOptions } from "../callbacks/plan.ts";
import { LOCAL_QUEUE } from "../ci/local-queue.ts";

export interface SimulateOptions {
  /** The callback URL, key included. */
  url: URL;
  /** Undefined when only files are to be posted. */
  plan: PlanOptions | undefined;
  files: readonly string[];
  /** Callbacks begun a second; 0 for as many as go through. */
  rate: number;
  concurrency: number;
  retries: number;
  timeoutSeconds: number;
  verify: boolean;
  token: string;
  json: boolean;
  /** The local CI that is told of every job; null where none is. */
  ci: URL | null;
}

const LOCAL_URL = "http://localhost:8787/callbacks/local-callback-key";
const LOCAL_TOKEN = "local-lookup-token";

/** Of a plan whose seed is given and whose time is not: repeatable needs both. */
const DEFAULT_NOW = "2026-01-01T00:00:00Z";

const OPTIONS = {
  tag: { type: "string", multiple: true },
  format: { type: "string" },
  shape: { type: "string", multiple: true },
  tokens: { type: "string" },
  count: { type: "string" },
  rate: { type: "string" },
  concurrency: { type: "string" },
  retries: { type: "string" },
  timeout: { type: "string" },
  duplicates: { type: "string" },
  "out-of-order": { type: "string" },
  failed: { type: "string" },
  malformed: { type: "string" },
  workflow: { type: "string" },
  lose: { type: "string" },
  ci: { type: "string" },
  file: { type: "string", multiple: true },
  seed: { type: "string" },
  now: { type: "string" },
  verify: { type: "boolean" },
  token: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** `present` is the time, in milliseconds since 1970, and `anySeed` the seed, of a run that names neither. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  present: number;
  anySeed: string;
  /** Where the CI of a local run is; null where there is none. */
  localCi: string | null;
}

/** "help", or the options; fails with a sentence about the first thing wrong. */
export function readOptions(
  args: readonly string[],
  { env, present, anySeed, localCi }: Surroundings,
): Result<SimulateOptions | "help", string> {
  const line = parseLine(args);
  if (!line.ok) return line;
  const { values, positionals } = line.value;
  if (values.help === true) return ok("help");
  const faults: string[] = [];
  const number = (name: keyof typeof values, fallback: number, range: Range): number => {
    const text = values[name];
    if (typeof text !== "string") return fallback;
    const value = Number(text);
    const isAllowed =
      text.trim() !== "" && value >= range.min && value <= range.max && (range.fraction || Number.isInteger(value));
    if (!isAllowed)
      faults.push(
        `--${name} ${text} is not ${range.fraction ? "a number" : "a whole number"} from ${range.min} to ${range.max}.`,
      );
    return value;
  };
  const percent = (name: keyof typeof values): number => number(name, 0, { min: 0, max: 100, fraction: true });

  const url = readUrl(positionals);
  if (!url.ok) return url;
  const kinds = readKinds(values.tag, values.format, values.shape);
  if (!kinds.ok) return kinds;
  const now = values.now ?? (values.seed === undefined ? new Date(present).toISOString() : DEFAULT_NOW);
  if (Number.isNaN(Date.parse(now))) faults.push(`--now ${now} is no time; write it as ${DEFAULT_NOW}.`);
  const files = values.file ?? [];
  const lost = percent("lose");
  const ci = readCi(values.ci ?? (lost > 0 ? localCi : null));
  if (!ci.ok) faults.push(ci.error);
  else if (ci.value === null && lost > 0)
    faults.push("--lose needs a CI that knows of the lost jobs: npm run dev -- --with-ci, or --ci <url>.");
  const plan = {
    seed: values.seed ?? anySeed,
    now: Date.parse(now),
    kinds: kinds.value,
    count: number("count", kinds.value.length, { min: 1, max: 10_000_000 }),
    tokens: number("tokens", 40, { min: 1, max: 1_000_000 }),
    duplicates: percent("duplicates"),
    outOfOrder: percent("out-of-order"),
    failed: percent("failed"),
    malformed: percent("malformed"),
    workflow: percent("workflow"),
    lost,
    queue: ci.ok && ci.value !== null ? LOCAL_QUEUE : undefined,
  };
  const options = {
    url: url.value,
    plan: files.length > 0 && values.count === undefined ? undefined : plan,
    files,
    rate: number("rate", 0, { min: 0, max: 100_000, fraction: true }),
    concurrency: number("concurrency", 4, { min: 1, max: 1_000 }),
    retries: number("retries", 0, { min: 0, max: 100 }),
    timeoutSeconds: number("timeout", 30, { min: 1, max: 600 }),
    verify: values.verify ?? false,
    token: values.token ?? env["LOOKUP_TOKEN"] ?? LOCAL_TOKEN,
    json: values.json ?? false,
    ci: ci.ok ? ci.value : null,
  };
  if (options.verify && lookUpBase(options.url) === null) {
    faults.push("--verify finds the look-ups beside the callbacks: the URL has to end in /callbacks/<key>.");
  }
  const [fault] = faults;
  return fault === undefined ? ok(options) : fail(fault);
}

interface Range {
  min: number;
  max: number;
  fraction?: boolean;
}

/** Where look-ups are, with a slash at the end; null where the callback URL does not tell. */
export function lookUpBase(url: URL): URL | null {
  const match = /^(.*\/)callbacks\/[^/]+\/?$/.exec(url.pathname);
  return match === null ? null : new URL(match[1] as string, url);
}

function parseLine(args: readonly string[]) {
  try {
    return ok(parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true }));
  } catch (error) {
    // Node's message ends with advice about "--" that does not apply here.
    return fail((error as Error).message.replace(/\. To specify a positional.*$/s, "."));
  }
}

function readUrl(positionals: readonly string[]): Result<URL, string> {
  if (positionals.length > 1)
    return fail(`One callback URL is taken, and here are ${positionals.length}: ${positionals.join(" ")}`);
  const text = positionals[0] ?? LOCAL_URL;
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    return fail(`${text} is not a URL that begins with http:// or https://.`);
  if (url.pathname === "/") return fail(`Give the whole callback URL, which ends in /callbacks/<key>, not ${text}.`);
  return ok(url);
}

function readCi(text: string | null): Result<URL | null, string> {
  if (text === null) return ok(null);
  const url = URL.parse(text);
  return url?.protocol === "http:" ? ok(url) : fail(`--ci ${text} is no URL that begins with http://.`);
}

function readKinds(
  tag: string[] = ["WordsGeneralize"],
  format = "both",
  shape: string[] = ["usual"],
): Result<Kind[], string> {
  const tags = readNames("--tag", tag, TAGS);
  if (!tags.ok) return tags;
  const shapes = readNames<Shape | "usual">("--shape", shape, ["usual", ...SHAPE_NAMES]);
  if (!shapes.ok) return shapes;
  if (format !== "both" && !FORMATS.includes(format as Format))
    return fail(`--format ${format} is none of xml, json, both.`);
  const formats = format === "both" ? FORMATS : [format as Format];
  const wanted = shape.includes("all") ? SHAPE_NAMES : shapes.value;
  const missing = wanted.find((name) => kindsOf(tags.value, formats, [name]).length === 0);
  if (missing !== undefined && !shape.includes("all")) return fail(`--shape ${missing} does not come in ${format}.`);
  return ok(kindsOf(tags.value, formats, wanted));
}

/** Names given one by one or with commas between them; "all" stands for all. Case does not matter. */
function readNames<Name extends string>(
  option: string,
  given: readonly string[],
  allowed: readonly Name[],
): Result<Name[], string> {
  const names = given.flatMap((text) => text.split(",")).map((name) => name.trim().toLowerCase());
  if (names.includes("all")) return ok([...allowed]);
  const found: Name[] = [];
  for (const name of names) {
    const match = allowed.find((known) => known.toLowerCase() === name);
    if (match === undefined) return fail(`${option} ${name} is none of ${allowed.join(", ")}, all.`);
    found.push(match);
  }
  return ok(found);
}
