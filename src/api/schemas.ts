/** Parameters and answers of the routes, as schemas: requests are checked against them, and /openapi.json is made of them. */
import * as v from "valibot";
import { EVENT_STATUSES, EVENT_TYPES } from "../events/events.ts";

const nullable = v.nullable(v.string());
const filled = v.pipe(v.string(), v.minLength(1, "must not be empty"));

/** A schema that stands under its own name in /openapi.json. */
const named = <const S extends v.GenericSchema>(ref: string, schema: S) => v.pipe(schema, v.metadata({ ref }));

const saying = <const S extends v.GenericSchema>(schema: S, description: string) =>
  v.pipe(schema, v.description(description));

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
    saying(whole(1, PAGE_LIMIT_MAX, `must be a whole number from 1 to ${PAGE_LIMIT_MAX}`), "How many, 1 to 100."),
    `${PAGE_LIMIT_DEFAULT}`,
  ),
  cursor: v.optional(saying(filled, "`next` of the page before, with the same filters.")),
};

const wait = (what: string) =>
  v.optional(
    saying(
      whole(0, WAIT_LIMIT_SECONDS, `must be whole seconds from 0 to ${WAIT_LIMIT_SECONDS}`),
      `Whole seconds, 0 to 60, to wait for ${what}.`,
    ),
    "0",
  );

export const JobQuery = v.strictObject({ wait: wait("the job to be terminal") });

export const ChangesQuery = v.strictObject({
  after: v.optional(saying(filled, "`next` of the page before, or `start`.")),
  limit: page.limit,
  wait: wait("a change"),
});

export const RunsQuery = v.strictObject({
  state: v.optional(saying(filled, "Such as `Success` or `Failed`.")),
  workflowId: v.optional(filled),
  ...page,
});

export const PageQuery = v.strictObject(page);

export const JobsQuery = v.strictObject({
  state: v.optional(saying(filled, "Such as `Success`, `Failed`, `Cancel`, `Running`.")),
  tag: v.optional(saying(filled, "The job type, such as `WordsGeneralize`.")),
  bucket: v.optional(saying(filled, "`BucketId` of the input.")),
  object: v.optional(saying(filled, "`Object` of the input, the whole key.")),
  queueId: v.optional(filled),
  runId: v.optional(saying(filled, "The workflow run that started the job.")),
  userData: v.optional(saying(filled, "`UserData` as it was given when the job was submitted.")),
  receivedAfter: v.optional(saying(time, "First heard of after this time: ISO 8601 with a zone, or a date.")),
  receivedBefore: v.optional(saying(time, "First heard of before this time.")),
  ...page,
});

const statuses = ["stored", "no-job", "quarantined", "pending"] as const;
const status = v.picklist(statuses, `must be one of ${statuses.join(", ")}`);

export const DeliveriesQuery = v.strictObject({ status: v.optional(status), ...page });

export const ReparseQuery = v.strictObject({ status: v.optional(status, "quarantined"), ...page });

export const EventsQuery = v.strictObject({
  status: v.optional(v.picklist(EVENT_STATUSES, `must be one of ${EVENT_STATUSES.join(", ")}`)),
  jobId: v.optional(saying(filled, "Events about this job.")),
  type: v.optional(v.picklist(EVENT_TYPES, `must be one of ${EVENT_TYPES.join(", ")}`)),
  ...page,
});

/** A page of an export is the work of one request: its deliveries are two queries each at most. The free plan allows 50. */
export const EXPORT_LIMIT_DEFAULT = 20;
export const EXPORT_LIMIT_MAX = 100;

export const ExportQuery = v.strictObject({
  limit: v.optional(
    saying(
      whole(1, EXPORT_LIMIT_MAX, `must be a whole number from 1 to ${EXPORT_LIMIT_MAX}`),
      "How many at most, 1 to 100. More than 20 may pass the 50 queries of the free plan.",
    ),
    `${EXPORT_LIMIT_DEFAULT}`,
  ),
  cursor: v.optional(saying(filled, "`next` of the page before.")),
});

const exactTime = v.nullable(
  v.pipe(
    v.string("must be a time in ISO 8601, or null"),
    v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, "must be a time such as 2026-03-01T08:00:00.000Z"),
    v.check((text) => !Number.isNaN(Date.parse(text)), "must be a time that exists"),
  ),
);

/** A line of an export. What a later version adds to it is passed over. */
export const ExportedDelivery = v.object(
  {
    id: v.pipe(v.string("must be text"), v.regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in 64 hexadecimal digits")),
    receivedAt: exactTime,
    lastReceivedAt: exactTime,
    count: v.nullable(
      v.pipe(
        v.number("must be a number, or null"),
        v.safeInteger("must be a whole number"),
        v.minValue(1, "must be at least 1"),
      ),
    ),
    contentType: v.nullable(v.string("must be text, or null")),
    bytes: v.nullable(v.string("must be base64, or null")),
  },
  ({ expected }) => (expected === "Object" ? "must be a JSON object" : "is missing"),
);

const Workflow = named(
  "Workflow",
  v.object({ runId: nullable, workflowId: nullable, workflowName: nullable, name: nullable }),
);
const format = v.nullable(v.picklist(["xml", "json"]));

const listed = {
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
  firstReceivedAt: v.string(),
  updatedAt: v.string(),
};

export const ListedJob = named("ListedJob", v.object(listed));

const Detail = v.record(v.string(), v.unknown());

export const Job = named("Job", v.object({ ...listed, detail: v.nullable(Detail) }));

export const ChangeList = v.object({ changes: v.array(ListedJob), next: v.string() });

export const JobList = v.object({ jobs: v.array(ListedJob), next: nullable });

const Task = named(
  "Task",
  v.object({
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
  }),
);

export const Run = named(
  "Run",
  v.object({
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
  }),
);

export const ListedRun = named(
  "ListedRun",
  v.object({
    runId: v.string(),
    workflowId: nullable,
    workflowName: nullable,
    state: nullable,
    terminal: v.boolean(),
    bucket: nullable,
    object: nullable,
    createdAt: nullable,
    receivedAt: v.string(),
  }),
);

export const RunList = v.object({ runs: v.array(ListedRun), next: nullable });

const delivery = {
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
  jobs: saying(v.array(v.string()), "The first ten JobIds."),
  jobCount: v.number(),
  tag: saying(nullable, "Of the first job."),
  object: saying(nullable, "Of the first job."),
};

export const Delivery = named("Delivery", v.object(delivery));

export const JobDeliveryList = v.object({
  deliveries: v.array(
    named(
      "JobDelivery",
      v.object({ ...delivery, isRecord: saying(v.boolean(), "Whether it is behind the job's record.") }),
    ),
  ),
  next: nullable,
});

export const DeliveryList = v.object({ deliveries: v.array(Delivery), next: nullable });

export const Event = named(
  "Event",
  v.object({
    id: saying(v.string(), "The `webhook-id` of each attempt."),
    type: v.picklist(EVENT_TYPES),
    endpoint: saying(nullable, "The endpoint's host; null where it was removed."),
    status: v.picklist(EVENT_STATUSES),
    attempts: saying(v.number(), "Since it came about, or was last told again."),
    createdAt: v.string(),
    nextAttemptAt: nullable,
    lastStatus: saying(v.nullable(v.number()), "The HTTP status that the last attempt was answered with."),
    lastError: nullable,
    jobId: v.optional(v.string()),
    runId: v.optional(v.string()),
    delivery: v.optional(v.string()),
  }),
);

export const EventList = v.object({ events: v.array(Event), next: nullable });

export const JobEvents = v.object({ events: v.array(Event) });

/** The body of `POST /events/resend`. */
export const ResendBody = v.strictObject({ status: v.literal("failed") });

export const Resent = v.object({
  resent: v.number(),
  left: saying(v.number(), "Failed events that are left, counted up to 1,000."),
});

export const TestAnswers = v.object({
  endpoints: v.array(v.object({ endpoint: v.string(), status: v.nullable(v.number()), error: nullable })),
});

export const Receipt = named(
  "Receipt",
  v.object({
    delivery: v.string(),
    status: v.picklist(["stored", "duplicate", "no-job", "spilled", "queued"]),
    jobs: v.array(v.string()),
  }),
);

export const Reparsed = named(
  "Reparsed",
  v.object({
    delivery: v.string(),
    status: v.picklist(["stored", "no-job", "quarantined"]),
    jobs: v.array(v.string()),
    reason: nullable,
    line: v.nullable(v.number()),
    column: v.nullable(v.number()),
  }),
);

export const ReparsedList = v.object({ reparsed: v.array(Reparsed), next: nullable, left: v.nullable(v.number()) });

const ImportedLine = named(
  "ImportedLine",
  v.object({
    line: saying(v.number(), "The line's place in the request, from 1."),
    delivery: nullable,
    status: v.picklist(["stored", "no-job", "quarantined", "pending", "refused"]),
    reason: nullable,
  }),
);
export type ImportedLine = v.InferOutput<typeof ImportedLine>;

export const ImportedList = v.object({ imported: v.array(ImportedLine) });

export const Readiness = v.object({
  status: v.literal("ready"),
  checks: v.object({
    store: v.string(),
    schema: v.nullable(v.object({ found: v.number(), needed: v.number() })),
    missingSecrets: v.array(v.string()),
    wrongSettings: v.array(v.string()),
  }),
  store: v.object({ name: v.picklist(["d1", "kv"]), region: nullable }),
  quarantined: v.nullable(v.number()),
  spilled: v.nullable(v.number()),
  lastUpkeepAt: nullable,
  lastReceivedAt: nullable,
  at: v.string(),
});

/** RFC 9457; some problems have more members, such as `delivery`, `line` and `column`. */
export const ProblemDocument = named(
  "Problem",
  v.looseObject({
    type: saying(v.string(), "`/problems/<code>`, where it is explained."),
    title: v.string(),
    status: v.number(),
    detail: saying(v.string(), "What happened this time."),
  }),
);
