/**
 * The bodies that the model test posts, made of plain data so that a failing run shrinks, and what each says: worked
 * out from that data by the words of the contract, and not by the reader of the receiver.
 */
import { sha256 } from "../../worker/receiver.ts";
import { type Random, seeded } from "../../worker/faults.ts";

/** What a job's own callback can say. */
export const SAYINGS = [
  { State: "Submitted", Code: null, EndTime: "-" },
  { State: "Running", Code: null, EndTime: "-" },
  { State: "Running", Code: "Success", EndTime: "2026-03-01T08:00:09+0800" },
  { State: null, Code: null, EndTime: "-" },
  { State: null, Code: "Success", EndTime: "2026-03-01T08:00:05+0800" },
  { State: "Success", Code: "Success", EndTime: "2026-03-01T08:00:07+0800" },
  { State: "Failed", Code: "Oops", EndTime: "2026-03-01T08:00:07+0800" },
  { State: null, Code: "Oops", EndTime: "2026-03-01 08:00:09+08:00" },
  { State: "Cancel", Code: "Success", EndTime: "-" },
] as const;
type Saying = (typeof SAYINGS)[number];

/**
 * How a body is kept: in one write with its reading, also where a queue has only its id; before it is read, as general
 * XML or as a large one; in parts.
 */
export const SIZES = ["small", "general", "large", "parts", "referred"] as const;

export type BodySpec =
  | {
      kind: "job";
      job: number;
      says: number;
      format: "xml" | "json";
      size: (typeof SIZES)[number];
      run: number | null;
      copy: number;
    }
  | { kind: "many"; jobs: number[]; says: number; format: "xml" | "json"; copy: number }
  | {
      kind: "run";
      run: number;
      jobs: number[];
      state: "Running" | "Success" | "Failed";
      format: "xml" | "json";
      copy: number;
    }
  | { kind: "no-job"; copy: number }
  | { kind: "malformed"; copy: number }
  | { kind: "neither"; copy: number };

/** What a delivery says of a job, or of a run. Times in milliseconds since 1970, 0 for none. */
export interface Claim {
  subject: "job" | "run";
  id: string;
  state: string | null;
  stateSource: "reported" | "derived";
  terminal: boolean;
  /** The job's own callback, not a line about it in the end of a workflow. */
  full: boolean;
  endedAt: number;
  /** The RunId of the workflow that it names. */
  runId: string | null;
  tag: string | null;
}

export interface Body {
  spec: BodySpec;
  id: string;
  bytes: string;
  isReadable: boolean;
  claims: Claim[];
}

export const jobName = (job: number): string => `job-${job}`;
export const runName = (run: number): string => `run-${run}`;

const TAG = "WordsGeneralize";
const FINISHED_AT = "2026-03-01 08:00:08+0800";

const BODIES = new Map<string, Promise<Body>>();

/** The body of a specification: the same object each time, since large ones take time to make. */
export function bodyOf(spec: BodySpec): Promise<Body> {
  const name = JSON.stringify(spec);
  const known = BODIES.get(name) ?? makeBody(spec);
  BODIES.set(name, known);
  return known;
}

async function makeBody(spec: BodySpec): Promise<Body> {
  const bytes = textOf(spec);
  const isReadable = spec.kind !== "malformed" && spec.kind !== "neither";
  return { spec, id: await sha256(bytes), bytes, isReadable, claims: claimsOf(spec) };
}

function claimsOf(spec: BodySpec): Claim[] {
  switch (spec.kind) {
    case "job":
      return [jobClaim(spec.job, SAYINGS[spec.says] as Saying, spec.run)];
    case "many":
      return spec.jobs.map((job) => jobClaim(job, SAYINGS[spec.says] as Saying, null));
    case "run": {
      const { state, jobs } = spec;
      const runId = runName(spec.run);
      const told = { state, stateSource: "reported", terminal: state !== "Running", full: false, tag: TAG } as const;
      const tasks = jobs.map(
        (job) => ({ ...told, subject: "job", id: jobName(job), endedAt: timeOf(FINISHED_AT), runId }) as const,
      );
      const endedAt = jobs.length === 0 ? 0 : timeOf(FINISHED_AT);
      return [...tasks, { ...told, subject: "run", id: runId, endedAt, runId: null, tag: null }];
    }
    case "no-job":
    case "malformed":
    case "neither":
      return [];
  }
}

function jobClaim(job: number, { State, Code, EndTime }: Saying, run: number | null): Claim {
  const derived = Code === null ? null : Code === "Success" ? "Success" : "Failed";
  const state = State ?? derived;
  return {
    subject: "job",
    id: jobName(job),
    state,
    stateSource: State === null ? "derived" : "reported",
    terminal: state === "Success" || state === "Failed" || state === "Cancel",
    full: true,
    endedAt: timeOf(EndTime),
    runId: run === null ? null : runName(run),
    tag: TAG,
  };
}

const timeOf = (text: string): number =>
  text === "-" ? 0 : Date.parse(text.replace(" ", "T").replace(/\+08:?00$/, "+08:00"));

function textOf(spec: BodySpec): string {
  switch (spec.kind) {
    case "job": {
      const workflow = spec.run === null ? {} : { Workflow: { RunId: runName(spec.run), WorkflowName: "nightly" } };
      const detail = {
        ...detailOf(spec.job, spec.says),
        ...workflow,
        Message: `copy ${spec.copy}${FILLERS[spec.size]()}`,
      };
      return envelope({ EventName: "TaskFinish", JobsDetail: detail }, spec.format, spec.size === "general");
    }
    case "many": {
      const JobsDetail = spec.jobs.map((job) => ({ ...detailOf(job, spec.says), Message: `copy ${spec.copy}` }));
      return envelope({ EventName: "TaskFinish", JobsDetail }, spec.format);
    }
    case "run": {
      const line = { Type: TAG, CreateTime: "2026-03-01 08:00:00+0800", EndTime: FINISHED_AT, State: spec.state };
      const Tasks = spec.jobs.map((job) => ({ ...line, JobId: jobName(job), Name: `Step_${spec.copy}` }));
      const run = { RunId: runName(spec.run), WorkflowName: "nightly", State: spec.state, Tasks };
      return envelope(
        { EventName: "WorkflowFinish", WorkflowExecution: { ...run, WorkflowId: `w${spec.copy}` } },
        spec.format,
      );
    }
    case "no-job":
      return JSON.stringify({ code: 0, message: `Test request ${spec.copy}`, data: { trace_id: "test_trace_id" } });
    case "malformed":
      return `{"EventName": "TaskFinish", "copy": ${spec.copy}`;
    case "neither":
      return `a plain word ${spec.copy}`;
  }
}

function detailOf(job: number, says: number): Node {
  const { State, Code, EndTime } = SAYINGS[says] as Saying;
  return {
    ...(State === null ? {} : { State }),
    ...(Code === null ? {} : { Code }),
    JobId: jobName(job),
    Tag: TAG,
    CreationTime: "2026-03-01T08:00:00+0800",
    EndTime,
    Input: { BucketId: "texts-1250000000", Object: "notes/a.txt" },
  };
}

interface Node {
  [name: string]: string | Node | Node[];
}

/** JSON comes bare, XML under a `Response`. A comment makes XML general, and so costly to read. */
function envelope(tree: Node, format: "xml" | "json", isGeneral = false): string {
  if (format === "json") return JSON.stringify(tree);
  return `<Response>${isGeneral ? "<!-- general -->" : ""}${xmlOf(tree)}</Response>`;
}

const xmlOf = (node: Node): string =>
  Object.entries(node)
    .flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => ({ name, one })))
    .map(({ name, one }) => `<${name}>${typeof one === "string" ? one : xmlOf(one)}</${name}>`)
    .join("");

/** Text that does not compress: a row of D1 holds some 1.9 million characters of it. */
function noise(characters: number): string {
  const random: Random = seeded(characters);
  const bytes = new Uint8Array((characters / 4) * 3);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = Math.floor(random() * 256);
  return ` ${bytes.toBase64()}`;
}

const once = (make: () => string) => {
  let made: string | null = null;
  return () => (made ??= make());
};

const FILLERS: Record<(typeof SIZES)[number], () => string> = {
  small: () => "",
  general: once(() => ` ${"filler ".repeat(2_500)}`),
  large: once(() => ` ${"filler ".repeat(40_000)}`),
  referred: once(() => ` ${"filler ".repeat(20_000)}`),
  parts: once(() => noise(2_100_000)),
};
