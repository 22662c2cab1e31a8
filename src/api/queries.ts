/**
 * The schemas of queries and bodies. Requests are checked against them, and /openapi.json is made from them; what their
 * members mean is said in the contracts, which the Worker does not carry.
 */
import * as v from "valibot";
import { faultOfIds } from "../callback/ids.ts";
import { EVENT_STATUSES, EVENT_TYPES } from "../events/events.ts";
import { deliveryStatus } from "./schema-parts.ts";

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

const wait = v.optional(whole(0, WAIT_LIMIT_SECONDS, `must be whole seconds from 0 to ${WAIT_LIMIT_SECONDS}`), "0");

export const JobQuery = v.strictObject({ wait });

export const ChangesQuery = v.strictObject({
  after: v.optional(filled),
  limit: page.limit,
  wait,
});

export const RunsQuery = v.strictObject({
  state: v.optional(filled),
  workflowId: v.optional(filled),
  ...page,
});

export const PageQuery = v.strictObject(page);

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
  verified: v.optional(
    v.pipe(
      v.picklist(["true", "false"], "must be true or false"),
      v.transform((text) => text === "true"),
    ),
  ),
  overdue: v.optional(v.literal("true", "must be true")),
  ...page,
});

/** Whether the reader would take a text as the id of a job. */
export const isJobId = (text: string): boolean =>
  text.trim() !== "" && text.isWellFormed() && faultOfIds([text]) === null;

/** How far away a due time may be, in seconds: 30 days. */
export const WITHIN_SECONDS_MAX = 2_592_000;

/**
 * Longest text in an announcement, in characters: the limit of CI's `UserData`, and more than CI allows for the others.
 */
export const ANNOUNCED_CHARACTERS_MAX = 1_024;

const announcedText = v.nullish(
  v.pipe(
    v.string("must be text"),
    v.minLength(1, "must not be empty"),
    v.maxLength(ANNOUNCED_CHARACTERS_MAX, `must have at most ${ANNOUNCED_CHARACTERS_MAX} characters`),
    v.regex(/^\P{Cc}*$/u, "must not have a control character"),
  ),
  null,
);

const announced = {
  bucket: announcedText,
  region: announcedText,
  queueId: announcedText,
  tag: announcedText,
  userData: announcedText,
};

const withinText = `must be a whole number of seconds from 1 to ${WITHIN_SECONDS_MAX}`;

/** The body of `PUT /jobs/{jobId}/expectation`. */
export const ExpectationBody = v.strictObject(
  {
    within: v.pipe(
      v.number(withinText),
      v.safeInteger(withinText),
      v.minValue(1, withinText),
      v.maxValue(WITHIN_SECONDS_MAX, withinText),
    ),
    ...announced,
  },
  ({ expected, received }) =>
    expected === "Object" ? "must be a JSON object" : received === "undefined" ? "is missing" : "is not a member of it",
);

export const DeliveriesQuery = v.strictObject({ status: v.optional(deliveryStatus), ...page });

export const ReparseQuery = v.strictObject({ status: v.optional(deliveryStatus, "quarantined"), ...page });

export const EventsQuery = v.strictObject({
  status: v.optional(v.picklist(EVENT_STATUSES, `must be one of ${EVENT_STATUSES.join(", ")}`)),
  jobId: v.optional(filled),
  type: v.optional(v.picklist(EVENT_TYPES, `must be one of ${EVENT_TYPES.join(", ")}`)),
  ...page,
});

/** How many deliveries a page of an export may have. Each takes two queries at most, and the free plan allows 50. */
export const EXPORT_LIMIT_DEFAULT = 20;
export const EXPORT_LIMIT_MAX = 100;

export const ExportQuery = v.strictObject({
  limit: v.optional(
    whole(1, EXPORT_LIMIT_MAX, `must be a whole number from 1 to ${EXPORT_LIMIT_MAX}`),
    `${EXPORT_LIMIT_DEFAULT}`,
  ),
  cursor: v.optional(filled),
});

const exactMoment = v.pipe(
  v.string("must be a time in ISO 8601"),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, "must be a time such as 2026-03-01T08:00:00.000Z"),
  v.check((text) => !Number.isNaN(Date.parse(text)), "must be a time that exists"),
);

const exactTime = v.nullable(exactMoment);

/** The number of a change, in microseconds since 1970. */
const changeNumber = v.pipe(
  v.number("must be a number"),
  v.safeInteger("must be a whole number"),
  v.minValue(1, "must be at least 1"),
);

const JobNote = v.object({
  jobId: v.string(),
  firstChange: changeNumber,
  lastChange: changeNumber,
  verified: v.nullable(v.boolean()),
});

/** A line of an export. Members that a later version adds are ignored. */
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
    source: v.optional(v.nullable(v.picklist(["callback", "reconcile"], "must be callback or reconcile"))),
    jobs: v.optional(v.array(JobNote)),
    bytes: v.nullable(v.string("must be base64, or null")),
  },
  ({ expected }) => (expected === "Object" ? "must be a JSON object" : "is missing"),
);

/** The line of an expectation in an export. */
export const ExportedExpectation = v.object(
  {
    jobId: v.pipe(
      v.string("must be text"),
      v.check((jobId) => isJobId(jobId), "must be a JobId"),
    ),
    registeredAt: exactMoment,
    dueAt: exactMoment,
    ...announced,
    lastChange: v.nullish(changeNumber, null),
    isMet: v.nullish(v.boolean("must be true or false"), null),
    isNoted: v.nullish(v.boolean("must be true or false"), null),
    knownToCi: v.nullish(v.literal(false, "must be false, or null"), null),
  },
  ({ expected }) => (expected === "Object" ? "must be a JSON object" : "is missing"),
);

/** The body of `POST /events/resend`. */
export const ResendBody = v.strictObject({ status: v.literal("failed") });
