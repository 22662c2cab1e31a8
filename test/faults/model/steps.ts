/** What may happen to the receiver, as plain data, and how one step of it is drawn. */
import fc from "fast-check";
import { type BodySpec, SAYINGS, SIZES } from "./bodies.ts";

/** What becomes of one call to a binding. Where an effect comes later, it comes in the middle of whatever goes on then. */
export const FAULTS = [
  "refused",
  "lost before",
  "lost after",
  "refused after",
  "stalled",
  "stalled after",
  "late",
  "killed before",
  "killed after",
] as const;

export const CALLS = [
  "",
  "D1",
  "D1 SELECT",
  "D1 INSERT INTO deliveries",
  "D1 INSERT INTO marks",
  "D1 UPDATE deliveries",
  "KV",
  "KV put",
  "KV delete",
] as const;

/** One call to a binding: of those of a step whose names begin so, the one of that number, from 0. */
export interface Call {
  to: (typeof CALLS)[number];
  number: number;
}

export interface Fault {
  call: Call;
  how: (typeof FAULTS)[number];
  /** Of a late one: calls, of this step and those after it, before it takes effect. */
  later: number;
}

/** In days; 0 keeps for ever. */
export interface Retention {
  jobs: number;
  bytes: number;
  quarantined: number;
}

export type Act =
  | { do: "post"; body: BodySpec; intake: "direct" | "queue" }
  /** Posts again what was posted before. */
  | { do: "repeat"; which: number; intake: "direct" | "queue" }
  | { do: "cron"; retention: Retention; aheadHours: number; operations: "least" | "many" }
  | { do: "consume"; take: number; isReversed: boolean; isTwice: boolean; isDeadLetters: boolean }
  | { do: "reparse"; which: number | "stored" | "quarantined" | "no-job" | "pending" }
  | { do: "look" }
  | { do: "export" }
  /** Brings in again what was exported last. */
  | { do: "import" }
  | { do: "clock"; hours: number }
  /** Rewrites rows as an older or a newer version of the reader would have left them. */
  | { do: "reader"; is: "older" | "newer" | "blind"; which: number }
  | { do: "setting"; name: string; value: string };

export interface Step {
  act: Act;
  faults: readonly Fault[];
  down: "none" | "d1" | "kv" | "both";
  /** Another act that takes place as a whole right before a call of this one. */
  within: { call: Call; act: Act } | null;
}

/** Values that are wrong, in whose place a default stands, and ones that are merely others. */
const SETTINGS: readonly (readonly [string, string])[] = [
  ["LOG_LEVEL", "loud"],
  ["INTAKE", "sometimes"],
  ["RETENTION_DAYS_JOBS", "-1"],
  ["RETENTION_DAYS_QUARANTINED", "two"],
  ["MAX_BODY_BYTES", "0"],
  ["MAX_BODY_BYTES", "1000"],
  ["UPKEEP_OPERATIONS", "9"],
  ["STORE", "d2"],
];

export const job = fc.nat(2);
export const run = fc.nat(1);
export const copy = fc.nat(1);
const format = fc.constantFrom("xml" as const, "json" as const);
export const says = fc.nat(SAYINGS.length - 1);
const jobs = fc.uniqueArray(job, { maxLength: 3 });

export const workflowEnd = fc.record({
  kind: fc.constant("run" as const),
  run,
  jobs,
  state: fc.constantFrom("Running" as const, "Success" as const, "Failed" as const),
  format,
  copy,
}) satisfies fc.Arbitrary<BodySpec>;

export const body: fc.Arbitrary<BodySpec> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("job"),
      job,
      says,
      format,
      size: fc.oneof(
        { weight: 40, arbitrary: fc.constant(SIZES[0]) },
        { weight: 36, arbitrary: fc.constant(SIZES[1]) },
        { weight: 8, arbitrary: fc.constant(SIZES[2]) },
        { weight: 1, arbitrary: fc.constant(SIZES[3]) },
        { weight: 6, arbitrary: fc.constant(SIZES[4]) },
      ),
      run: fc.option(run, { freq: 2 }),
      copy,
    }),
  },
  { weight: 3, arbitrary: workflowEnd },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("many"), jobs, says, format, copy }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("no-job", "malformed", "neither"), copy }) },
);

const days = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 4, arbitrary: fc.constantFrom(1, 1, 2) });
const retention = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ jobs: 0, bytes: 0, quarantined: 0 }) },
  { weight: 3, arbitrary: fc.record({ jobs: days, bytes: days, quarantined: days }) },
);

const intake = fc.oneof(
  { weight: 3, arbitrary: fc.constant("direct" as const) },
  { weight: 1, arbitrary: fc.constant("queue" as const) },
);
export const which = fc.nat(5);

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 9, arbitrary: fc.record({ do: fc.constant("post"), body, intake }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("repeat"), which, intake }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("cron"),
      retention,
      aheadHours: fc.constantFrom(0, 0, 0, 0, 26, -26),
      operations: fc.constantFrom("many", "many", "least"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("consume"),
      take: fc.integer({ min: 1, max: 4 }),
      isReversed: fc.boolean(),
      isTwice: fc.boolean(),
      isDeadLetters: fc.oneof(
        { weight: 4, arbitrary: fc.constant(false) },
        { weight: 1, arbitrary: fc.constant(true) },
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("reparse"),
      which: fc.oneof(which, fc.constantFrom("stored", "quarantined", "no-job", "pending")),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("look") }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("export", "import") }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("clock"), hours: fc.constantFrom(1, 13, 25, 25, 49, -13, -25) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("reader"), is: fc.constantFrom("older", "newer", "blind"), which }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(...SETTINGS).map(([name, value]) => ({ do: "setting", name, value }) as const),
  },
);

/** The first calls of a step are met more often than the last. */
export const call: fc.Arbitrary<Call> = fc.record({
  to: fc.constantFrom(...CALLS, "D1 UPDATE deliveries"),
  number: fc.oneof(fc.nat(2), fc.nat(8)),
});

/** Those that cost time, since they are waited for, come less often. */
const fault: fc.Arbitrary<Fault> = fc.record({
  call,
  how: fc.constantFrom(...FAULTS, "refused", "refused after", "killed before", "killed after", "lost after"),
  later: fc.nat(6),
});

export const faults = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Fault[]>([]) },
  { weight: 1, arbitrary: fc.array(fault, { minLength: 1, maxLength: 2 }) },
);

export const step: fc.Arbitrary<Step> = fc.record({
  act,
  faults,
  down: fc.constantFrom("none", "none", "none", "none", "none", "none", "d1", "d1", "kv", "both"),
  within: fc.option(fc.record({ call, act }), { freq: 3, nil: null }),
});
