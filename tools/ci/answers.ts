/** CI's answers about the jobs that it knows: one or several by id, or pages of a list. Pure. */
import { printXml, type Tree } from "../callbacks/tree.ts";
import type { KnownJob } from "./jobs.ts";
import type { Refusal } from "./signature.ts";

/** A bucket in a region; null if the request does not name one, which means all. */
export type Asked = { bucket: string; region: string } | null;

export interface Answer {
  status: number;
  root: "Response" | "Error";
  content: Tree;
}

/** The letters of ids that belong to the path of each service. */
const LETTERS: Readonly<Record<string, string>> = {
  ai_jobs: "a",
  pic_jobs: "c",
  doc_jobs: "d",
  asr_jobs: "s",
  file_jobs: "f",
};

const JOBS_PATH = /^\/(jobs|ai_jobs|pic_jobs|doc_jobs|asr_jobs|file_jobs)(?:\/([^/]+))?$/;
const MODERATION_PATH = /^\/(image|video|audio|text|document|webpage)\/auditing\/([^/]+)$/;

export interface Question {
  /** The path, decoded, without bucket and region. */
  path: string;
  parameters: Readonly<Record<string, string>>;
  asked: Asked;
}

/** The ids that a path asks about; none for a list. */
export const idsOf = (path: string): string[] =>
  (JOBS_PATH.exec(path)?.[2] ?? MODERATION_PATH.exec(path)?.[2] ?? "").split(",").filter((id) => id !== "");

export function answerTo({ path, parameters, asked }: Question, jobs: Iterable<KnownJob>): Answer {
  const ofBucket = [...jobs].filter(
    ({ bucket, region }) => asked === null || (bucket === asked.bucket && region === asked.region),
  );
  const [, service, ids] = JOBS_PATH.exec(path) ?? [];
  if (service !== undefined) {
    const letter = LETTERS[service];
    const ofService = ofBucket.filter(
      ({ jobId, moderation }) => moderation === null && (letter === undefined || jobId.startsWith(letter)),
    );
    return ids === undefined ? list(parameters, ofService) : describe(idsOf(path), ofService);
  }
  const [, kind] = MODERATION_PATH.exec(path) ?? [];
  if (kind === undefined) return refusal({ status: 400, code: "InvalidURI", message: "There is no such path." });
  return describe(
    idsOf(path),
    ofBucket.filter(({ moderation }) => moderation === kind),
  );
}

export const refusal = ({ status, code, message }: Refusal): Answer => ({
  status,
  root: "Error",
  content: { Code: code, Message: message },
});

export const printAnswer = ({ root, content }: Answer): string =>
  printXml(root, content, { declaration: false, indent: true });

function describe(ids: readonly string[], jobs: readonly KnownJob[]): Answer {
  const told = ids.flatMap((id) => jobs.filter(({ jobId }) => jobId === id));
  const unknown = ids.filter((id) => !told.some(({ jobId }) => jobId === id));
  const nonExistent = unknown.length === 0 ? undefined : unknown.join(",");
  return {
    status: 200,
    root: "Response",
    content: { JobsDetail: told.map(({ detail }) => detail), NonExistJobIds: nonExistent },
  };
}

const SIZE = { usual: 10, largest: 100 };

const invalid = (message: string): Answer => refusal({ status: 400, code: "InvalidArgument", message });

function list(parameters: Readonly<Record<string, string>>, jobs: readonly KnownJob[]): Answer {
  const { queueId, tag, states = "All", size = String(SIZE.usual), orderByTime = "Desc", nextToken = "" } = parameters;
  if (!queueId || !tag) return invalid("queueId and tag are required.");
  if (!/^\d+$/.test(size) || Number(size) < 1 || Number(size) > SIZE.largest)
    return invalid(`size is not a number from 1 to ${SIZE.largest}.`);
  if (orderByTime !== "Asc" && orderByTime !== "Desc") return invalid("orderByTime is neither Asc nor Desc.");
  const start = timeOf(parameters["startCreationTime"], Number.NEGATIVE_INFINITY);
  const end = timeOf(parameters["endCreationTime"], Number.POSITIVE_INFINITY);
  if (Number.isNaN(start) || Number.isNaN(end)) return invalid("A time is not one such as 2001-01-01T00:00:00+0800.");
  const after = nextToken === "" ? null : readToken(nextToken);
  if (after === "") return invalid("nextToken is not one that a list has given.");
  const wanted = states.split(",");
  const direction = orderByTime === "Asc" ? 1 : -1;
  const found = jobs
    .filter((job) => job.queueId === queueId && job.tag === tag)
    .filter((job) => wanted.includes("All") || wanted.includes(job.state))
    // The documentation says "greater" and "less" about these.
    .filter(({ createdAt }) => createdAt > start && createdAt < end)
    .sort((a, b) => direction * compare(placeOf(a), placeOf(b)))
    .filter((job) => after === null || direction * compare(placeOf(job), after) > 0);
  const page = found.slice(0, Number(size));
  const last = page.at(-1);
  const token = last === undefined || page.length === found.length ? "" : btoa(placeOf(last));
  return {
    status: 200,
    root: "Response",
    content: { JobsDetail: page.map(({ detail }) => detail), NextToken: token },
  };
}

/** Where a page ended, as in `placeOf`; "" if the token does not tell. */
function readToken(token: string): string {
  const place = Buffer.from(token, "base64").toString();
  return /^\d{15} /.test(place) ? place : "";
}

/** A job's place in a list: by creation, then by id, so that new jobs do not shift the pages. */
const placeOf = ({ createdAt, jobId }: KnownJob): string => `${String(createdAt).padStart(15, "0")} ${jobId}`;

const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d):?(\d\d)$/;

/** Milliseconds since 1970; NaN if the text is not a time. */
function timeOf(text: string | undefined, absent: number): number {
  if (text === undefined || text === "") return absent;
  const match = TIME.exec(text);
  return match === null ? Number.NaN : Date.parse(`${match[1]}:${match[2]}`);
}
