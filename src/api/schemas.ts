/** The schemas of answers. /openapi.json is made from them, and tests check every answer against them. */
import * as v from "valibot";
import { EVENT_STATUSES, EVENT_TYPES } from "../events/events.ts";
import { CHECK_FAULTS } from "../reconcile/faults.ts";
import { deliveryStatus, described, named, nullable } from "./schema-parts.ts";

const Workflow = named(
  "Workflow",
  v.object({ runId: nullable, workflowId: nullable, workflowName: nullable, name: nullable }),
);
const format = v.nullable(v.picklist(["xml", "json"]));

const Expectation = named(
  "Expectation",
  v.object({
    registeredAt: v.string(),
    dueAt: v.string(),
    overdue: described(v.boolean(), "True if that time has passed and the job is not terminal."),
    knownToCi: v.exactOptional(described(v.literal(false), "Present only if CI was asked and does not know the job.")),
  }),
);

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
  source: described(
    v.picklist(["callback", "reconcile", "expectation"]),
    "Where the record comes from: a callback, CI's answer to a question, or only the announcement of the job.",
  ),
  delivery: described(
    v.nullable(v.object({ id: v.string(), format, receivedAt: v.string(), count: v.number() })),
    "Null if `source` is `expectation`.",
  ),
  firstReceivedAt: v.string(),
  updatedAt: v.string(),
  expectation: described(v.nullable(Expectation), "Null if the job was not announced."),
  verified: described(
    v.nullable(v.boolean()),
    "True if CI has confirmed the record, false if it disputes it, null if CI was not asked or has not answered yet.",
  ),
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
  status: deliveryStatus,
  format,
  contentType: nullable,
  size: v.number(),
  receivedAt: v.string(),
  count: v.number(),
  source: described(
    v.picklist(["callback", "reconcile"]),
    "`callback` if CI posted it, `reconcile` if it is CI's answer to a question.",
  ),
  hasBytes: v.boolean(),
  reason: nullable,
  line: v.nullable(v.number()),
  column: v.nullable(v.number()),
  jobs: described(v.array(v.string()), "The first ten JobIds."),
  jobCount: v.number(),
  tag: described(nullable, "Of the first job."),
  object: described(nullable, "Of the first job."),
};

export const Delivery = named("Delivery", v.object(delivery));

export const JobDeliveryList = v.object({
  deliveries: v.array(
    named(
      "JobDelivery",
      v.object({
        ...delivery,
        isRecord: described(v.boolean(), "True for the delivery behind the job's record."),
        verified: described(
          v.nullable(v.boolean()),
          "What CI said about this delivery; null if CI was not asked or has not answered yet.",
        ),
      }),
    ),
  ),
  next: nullable,
});

export const DeliveryList = v.object({ deliveries: v.array(Delivery), next: nullable });

export const Event = named(
  "Event",
  v.object({
    id: described(v.string(), "The `webhook-id` of each attempt."),
    type: v.picklist(EVENT_TYPES),
    endpoint: described(nullable, "The endpoint's host; null if it was removed."),
    status: v.picklist(EVENT_STATUSES),
    attempts: described(v.number(), "Since the event was written, or was last resent."),
    createdAt: v.string(),
    nextAttemptAt: nullable,
    lastStatus: described(v.nullable(v.number()), "The HTTP status of the endpoint's last answer."),
    lastError: nullable,
    jobId: v.optional(v.string()),
    runId: v.optional(v.string()),
    delivery: v.optional(v.string()),
  }),
);

export const EventList = v.object({ events: v.array(Event), next: nullable });

export const JobEvents = v.object({ events: v.array(Event) });

export const Resent = v.object({
  resent: v.number(),
  left: described(v.number(), "Failed events that are left, counted up to 1,000."),
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
    line: described(v.number(), "The line's place in the request, from 1."),
    delivery: nullable,
    status: v.picklist(["stored", "no-job", "quarantined", "pending", "expected", "refused"]),
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
  sweep: v.nullable(v.object({ endedAt: nullable, seen: v.number(), found: v.number(), fetched: v.number() })),
  at: v.string(),
});

/** RFC 9457; some problems have more members, such as `delivery`, `line` and `column`. */
export const ProblemDocument = named(
  "Problem",
  v.looseObject({
    type: described(v.string(), "`/problems/<code>`, where it is explained."),
    title: v.string(),
    status: v.number(),
    detail: described(v.string(), "What happened this time."),
  }),
);

export const CheckAnswers = v.object({
  hasKeys: v.boolean(),
  answers: v.array(
    v.object({
      request: v.picklist(["describe", "list"]),
      bucket: nullable,
      region: nullable,
      fault: described(v.nullable(v.picklist(CHECK_FAULTS)), "What is wrong; null if CI answered."),
      says: v.string(),
      requestId: described(nullable, "CI's `x-ci-request-id`, to give to its support."),
    }),
  ),
});
