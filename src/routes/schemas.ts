/** Parameters and answers of the routes, as schemas: requests are checked against them, and /openapi.json is made of them. */
import * as v from "valibot";

const nullable = v.nullable(v.string());
const filled = v.pipe(v.string(), v.minLength(1, "must not be empty"));
const WHOLE = /^\d+$/;
const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d))?$/;

/** A whole number in a query, from `min` to `max`. */
const whole = (min: number, max: number, says: string) =>
  v.pipe(v.string(), v.regex(WHOLE, says), v.transform(Number), v.minValue(min, says), v.maxValue(max, says));

/** A time in a query: ISO 8601 with a zone, or a date (its start in UTC). Milliseconds since 1970. */
const time = v.pipe(
  v.string(),
  v.regex(TIME, "must be a time in ISO 8601 with a zone, or a date"),
  v.transform(Date.parse),
  v.check((milliseconds) => !Number.isNaN(milliseconds), "must be a time that exists"),
);

export const PAGE_LIMIT_DEFAULT = 20;
export const PAGE_LIMIT_MAX = 100;
export const WAIT_LIMIT_SECONDS = 60;

const page = {
  limit: v.optional(
    whole(1, PAGE_LIMIT_MAX, `must be a whole number from 1 to ${PAGE_LIMIT_MAX}`),
    `${PAGE_LIMIT_DEFAULT}`,
  ),
  cursor: v.optional(filled),
};

export const JobQuery = v.strictObject({
  wait: v.optional(whole(0, WAIT_LIMIT_SECONDS, `must be whole seconds from 0 to ${WAIT_LIMIT_SECONDS}`), "0"),
});

export const JobsQuery = v.strictObject({
  state: v.optional(filled),
  tag: v.optional(filled),
  bucket: v.optional(filled),
  object: v.optional(filled),
  queueId: v.optional(filled),
  runId: v.optional(filled),
  userData: v.optional(filled),
  receivedAfter: v.optional(time),
  receivedBefore: v.optional(time),
  ...page,
});

const statuses = ["stored", "no-job", "quarantined", "pending"] as const;
const status = v.picklist(statuses, `must be one of ${statuses.join(", ")}`);

export const DeliveriesQuery = v.strictObject({ status: v.optional(status), ...page });

export const ReparseQuery = v.strictObject({ status: v.optional(status, "quarantined"), ...page });

const Workflow = v.object({ runId: nullable, workflowId: nullable, workflowName: nullable, name: nullable });
const format = v.nullable(v.picklist(["xml", "json"]));

export const ListedJob = v.object({
  jobId: v.string(),
  event: nullable,
  tag: nullable,
  state: nullable,
  stateSource: v.picklist(["reported", "derived"]),
  terminal: v.boolean(),
  code: nullable,
  message: nullable,
  queueId: nullable,
  userData: nullable,
  bucket: nullable,
  region: nullable,
  object: nullable,
  createdAt: nullable,
  startedAt: nullable,
  endedAt: nullable,
  workflow: v.nullable(Workflow),
  source: v.picklist(["callback"]),
  delivery: v.object({ id: v.string(), format, receivedAt: v.string(), count: v.number() }),
});

const Detail = v.record(v.string(), v.unknown());

export const Job = v.object({ ...ListedJob.entries, detail: v.nullable(Detail) });

export const JobList = v.object({ jobs: v.array(ListedJob), next: nullable });

const Task = v.object({
  type: nullable,
  name: nullable,
  jobId: nullable,
  state: nullable,
  createdAt: nullable,
  startedAt: nullable,
  endedAt: nullable,
  templateId: nullable,
  templateName: nullable,
  detail: Detail,
});

export const Run = v.object({
  runId: v.string(),
  workflowId: nullable,
  workflowName: nullable,
  state: nullable,
  terminal: v.boolean(),
  bucket: nullable,
  object: nullable,
  createdAt: nullable,
  tasks: v.array(Task),
  jobs: v.array(ListedJob),
});

export const Delivery = v.object({
  id: v.string(),
  status,
  format,
  contentType: nullable,
  size: v.number(),
  receivedAt: v.string(),
  count: v.number(),
  hasBytes: v.boolean(),
  reason: nullable,
  line: v.nullable(v.number()),
  column: v.nullable(v.number()),
});

export const DeliveryList = v.object({ deliveries: v.array(Delivery), next: nullable });

export const Receipt = v.object({
  delivery: v.string(),
  status: v.picklist(["stored", "duplicate", "no-job", "spilled"]),
  jobs: v.array(v.string()),
});

export const Reparsed = v.object({
  delivery: v.string(),
  status: v.picklist(["stored", "no-job", "quarantined"]),
  jobs: v.array(v.string()),
  reason: nullable,
  line: v.nullable(v.number()),
  column: v.nullable(v.number()),
});

export const ReparsedList = v.object({ reparsed: v.array(Reparsed), next: nullable, left: v.nullable(v.number()) });

export const Readiness = v.object({
  status: v.literal("ready"),
  checks: v.object({ store: v.string(), missingSecrets: v.array(v.string()) }),
});

export const ProblemDocument = v.looseObject({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  detail: v.string(),
});
