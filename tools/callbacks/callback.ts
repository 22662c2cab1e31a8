/**
 * Generates callbacks as CI posts them: every job type, in every envelope, in XML and in JSON. A seed and an index give
 * one callback, byte for byte, together with what a receiver must make of it. No I/O, no clock.
 */
import { type ExpectedJob, describeJob, expectedJob, type Job, type JobQueue } from "./job.ts";
import { type Tag, TAGS } from "./job-types.ts";
import { consoleTest, moderationDetail, moderationSimple } from "./moderation.ts";
import { Random } from "./random.ts";
import { describeRun, type Run } from "./run.ts";
import { printXml, toJson, type Tree } from "./tree.ts";
import { expectedTask, workflowExecution } from "./workflow-finish.ts";

export type Format = "xml" | "json";
export const FORMATS = ["xml", "json"] as const satisfies readonly Format[];

/** The envelopes, with the formats of each. `hasTag` if it holds jobs of a type that can be chosen. */
export const SHAPES = {
  response: { formats: ["xml"], hasTag: true },
  "no-event-name": { formats: ["xml"], hasTag: true },
  several: { formats: ["xml", "json"], hasTag: true },
  "wrapped-object": { formats: ["json"], hasTag: true },
  "wrapped-array": { formats: ["json"], hasTag: true },
  "bare-object": { formats: ["json"], hasTag: true },
  "bare-array": { formats: ["json"], hasTag: true },
  "workflow-beside": { formats: ["xml", "json"], hasTag: true },
  "workflow-finish": { formats: ["xml", "json"], hasTag: false },
  "moderation-detail": { formats: ["json"], hasTag: false },
  "moderation-simple": { formats: ["json"], hasTag: false },
  "console-test": { formats: ["json"], hasTag: false },
} as const satisfies Record<string, { formats: readonly Format[]; hasTag: boolean }>;
export type Shape = keyof typeof SHAPES;
export const SHAPE_NAMES = Object.keys(SHAPES) as Shape[];

/** The kind of a callback. `tag` is null if the envelope is not about a job of a documented type. */
export interface Kind {
  shape: Shape;
  format: Format;
  tag: Tag | null;
}

/**
 * All kinds of these envelopes, formats and types. "usual" is the envelope in which the provider's page shows the job
 * type.
 */
export function kindsOf(
  tags: readonly Tag[],
  formats: readonly Format[],
  shapes: readonly (Shape | "usual")[],
): Kind[] {
  const kinds: Kind[] = [];
  for (const shape of shapes) {
    for (const format of formats) {
      const isTagged = shape === "usual" || SHAPES[shape].hasTag;
      for (const tag of isTagged ? tags : [null]) {
        const named = shape === "usual" ? usualShape(format, tag) : shape;
        if ((SHAPES[named].formats as readonly Format[]).includes(format)) kinds.push({ shape: named, format, tag });
      }
    }
  }
  return kinds;
}

const usualShape = (format: Format, tag: Tag | null): Shape =>
  format === "xml" ? "response" : tag === "WordsGeneralize" ? "wrapped-object" : "bare-object";

export interface CallbackRequest {
  seed: string;
  index: number;
  kind: Kind;
  /** Milliseconds since 1970. The jobs ended within the hour before. */
  now: number;
  /** Size of a segmentation, in words. Default 40. */
  tokens?: number;
  failed?: boolean;
  /** A notice of an earlier state of the same job. Only for kinds for which `canBeEarly` is true. */
  early?: boolean;
  /** The workflow run that started the job; only in envelopes with a tag. */
  run?: Run | undefined;
  /** Where the jobs ran. Default: each in a queue, bucket and region of its own. */
  queue?: JobQueue | undefined;
}

export interface Callback {
  kind: Kind;
  body: string | Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
  /** What the receiver must make of it. */
  outcome: "stored" | "no-job" | "malformed-body" | "unsupported-media-type";
  /** Ids of the jobs it names. */
  jobIds: string[];
  /** What look-ups of these jobs must answer if this is the last callback about them. */
  expected: ExpectedJob[];
}

export const canBeEarly = ({ shape }: Kind): boolean => SHAPES[shape].hasTag || shape === "moderation-detail";

export function generateCallback(request: CallbackRequest): Callback {
  return describeCallback(request).callback;
}

/** The callback, and its jobs, for a `WorkflowFinish` about them. */
export function describeCallback(request: CallbackRequest): { callback: Callback; jobs: Job[] } {
  const { seed, index, kind, now, early = false, failed = false } = request;
  const about = { seed, key: String(index), now, failed, early };
  switch (kind.shape) {
    case "console-test":
      return { callback: printCallback(request, consoleTest(seed, about.key), []), jobs: [] };
    case "moderation-detail":
    case "moderation-simple": {
      const { body, job } = kind.shape === "moderation-detail" ? moderationDetail(about) : moderationSimple(about);
      return { callback: printCallback(request, body, [job]), jobs: [] };
    }
    case "workflow-finish": {
      const run = request.run ?? describeRun(seed, `of ${index}`, now);
      const random = new Random(seed, "steps", index);
      const steps = [0, 1, 2].slice(0, random.whole(2, 3)).map((step) => ({ step, tag: random.pick(TAGS) }));
      const jobs = steps.map(({ step, tag }) => jobOf(request, tag, step, run));
      return { callback: finishCallback(request, run, jobs), jobs };
    }
    case "response":
    case "no-event-name":
    case "several":
    case "wrapped-object":
    case "wrapped-array":
    case "bare-object":
    case "bare-array":
    case "workflow-beside": {
      const tag = kind.tag ?? "WordsGeneralize";
      const run = request.run ?? (kind.shape === "workflow-beside" ? describeRun(seed, `of ${index}`, now) : undefined);
      const steps = kind.shape === "several" ? [0, 1, 2] : [0];
      const jobs = steps.map((step) => jobOf(request, tag, step, run));
      return { callback: taskCallback(request, jobs), jobs };
    }
  }
}

function jobOf(request: CallbackRequest, tag: Tag, step: number, run: Run | undefined): Job {
  const { seed, index, now, tokens = 40, failed = false, early = false, queue } = request;
  const key = step === 0 ? String(index) : `${index}.${step}`;
  const passing = new Random(seed, "passing", key).pick(["Submitted", "Running"] as const);
  const state = early ? passing : failed ? "Failed" : "Success";
  return describeJob({ seed, key, tag, now, tokens, run, queue, state });
}

/** A `TaskFinish` in its envelope. */
function taskCallback(request: CallbackRequest, jobs: readonly Job[]): Callback {
  const { shape } = request.kind;
  const [first] = jobs as [Job];
  const beside = shape === "workflow-beside";
  const told = beside ? jobs.map((job) => ({ ...job, detail: { ...job.detail, Workflow: undefined } })) : jobs;
  const content: Tree = {
    EventName: shape === "no-event-name" ? undefined : "TaskFinish",
    JobsDetail: told.map((job) => job.detail),
    Workflow: beside ? first.detail["Workflow"] : undefined,
  };
  return printCallback(request, content, told.map(expectedJob));
}

/** The `WorkflowFinish` of a run with these jobs. */
export function finishCallback(request: CallbackRequest, run: Run, jobs: readonly Job[]): Callback {
  const content: Tree = { EventName: "WorkflowFinish", WorkflowExecution: workflowExecution(run, jobs) };
  return printCallback(
    request,
    content,
    jobs.map((job) => expectedTask(run, job)),
  );
}

/** Prints content in the format of its kind, in a style that differs from callback to callback. */
function printCallback({ seed, index, kind }: CallbackRequest, content: Tree, expected: ExpectedJob[]): Callback {
  const random = new Random(seed, "style", index);
  const style = { declaration: random.chance(0.3), indent: random.chance(0.4) };
  const keepListsOfOne = random.chance(0.3);
  const jsonType = random.pick(JSON_TYPES);
  const jobIds = expected.map((job) => job.jobId);
  const told = { kind, outcome: jobIds.length === 0 ? ("no-job" as const) : ("stored" as const), jobIds, expected };
  if (kind.format === "xml") {
    return { ...told, body: printXml("Response", content, style), headers: { "content-type": "application/xml" } };
  }
  const body = JSON.stringify(inJsonEnvelope(kind.shape, content, keepListsOfOne), null, style.indent ? 2 : 0);
  return { ...told, body, headers: jsonHeaders(kind.shape, jsonType) };
}

function inJsonEnvelope(shape: Shape, content: Tree, keepListsOfOne: boolean): unknown {
  const isList = shape === "wrapped-array" || shape === "bare-array" || shape === "several";
  const json = toJson(content, keepListsOfOne) as Tree;
  const detail = json["JobsDetail"];
  const details = Array.isArray(detail) ? detail : [detail];
  const envelope = detail === undefined ? json : { ...json, JobsDetail: isList ? details : details[0] };
  return shape === "wrapped-object" || shape === "wrapped-array" ? { Response: envelope } : envelope;
}

/** No page says which Content-Type a JSON callback has, so it comes with several, and with none. */
const JSON_TYPES = ["application/json", "application/json", "application/xml", "text/plain;charset=utf-8", null];

function jsonHeaders(shape: Shape, jsonType: string | null): Record<string, string> {
  if (shape === "moderation-detail" || shape === "moderation-simple") {
    const version = shape === "moderation-detail" ? "Detail" : "Simple";
    return { "content-type": "application/json", "x-ci-content-version": version };
  }
  return jsonType === null ? {} : { "content-type": jsonType };
}
