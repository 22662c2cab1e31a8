/** Runs of steps as the model test draws them: any steps, and short chains of steps that are likely to hurt one another. */
import fc from "fast-check";
import type { BodySpec } from "./bodies.ts";
import {
  type Act,
  body,
  type Call,
  call,
  copy,
  type Fault,
  faults,
  job,
  run,
  says,
  type Step,
  step,
  which,
  workflowEnd,
} from "./steps.ts";

const none = { faults: [], down: "none", within: null } as const;
const QUIET_CRON: Act & { do: "cron" } = {
  do: "cron",
  retention: { jobs: 0, bytes: 0, quarantined: 0 },
  aheadHours: 0,
  operations: "many",
};

const CONSUME = { do: "consume", take: 4, isReversed: false, isTwice: false, isDeadLetters: false } as const;

/** A job's own callback, kept before it is read. */
const costly = fc.record({
  kind: fc.constant("job" as const),
  job,
  says,
  format: fc.constant("xml" as const),
  size: fc.constant("general" as const),
  run: fc.option(run, { freq: 2 }),
  copy,
});

/** The same, of which a queue has only the id. */
const referred = costly.map((told) => ({ ...told, size: "referred" as const }));

const costlyPost = fc.record({
  do: fc.constant("post" as const),
  body: costly,
  intake: fc.constant("direct" as const),
});

const faultAt = (to: Call["to"], hows: readonly Fault["how"][], most: number): fc.Arbitrary<Fault> =>
  fc.record({
    call: fc.record({ to: fc.constant(to), number: fc.nat(most) }),
    how: fc.constantFrom(...hows),
    later: fc.constant(0),
  });

const CUTS = ["refused", "killed before", "killed after"] as const;
const wholePost = fc.oneof(
  fc.record({ do: fc.constant("post" as const), body, intake: fc.constant("direct" as const) }),
  fc.record({ do: fc.constant("repeat" as const), which, intake: fc.constant("direct" as const) }),
);

/** A cut at the calls that write readings, in D1 or in KV. */
const cut = (most: number) => fc.oneof(faultAt("D1 UPDATE deliveries", CUTS, most), faultAt("KV put", CUTS, 3));

/** A body that waits unread, which perhaps comes again, and what reads it while something else goes wrong. */
const unread: fc.Arbitrary<Step[]> = fc
  .record({
    first: fc.oneof(
      fc.record({ body: costly, intake: fc.constant("direct" as const), faults: fc.tuple(cut(0)) }),
      fc.record({ body: referred, intake: fc.constant("queue" as const), faults: fc.constant([]) }),
    ),
    again: fc.option(cut(2), { freq: 2, nil: null }),
    reading: fc.array(cut(2), { maxLength: 1 }),
    within: fc.option(fc.record({ call, act: wholePost }), { freq: 2, nil: null }),
  })
  .map(({ first: { body, intake, faults }, again, reading, within }) => [
    { ...none, act: { do: "post", body, intake }, faults },
    ...(again === null ? [] : [{ ...none, act: { do: "post", body, intake: "direct" } as const, faults: [again] }]),
    { ...none, act: intake === "queue" ? CONSUME : QUIET_CRON, faults: reading, within },
  ]);

/** How a callback comes: into the store at once, or by the spill or the queue, and then what brings it in. */
const WAYS: Record<"direct" | "spill" | "queue", (body: BodySpec) => Step[]> = {
  direct: (body) => [{ ...none, act: { do: "post", body, intake: "direct" } }],
  spill: (body) => [
    { ...none, act: { do: "post", body, intake: "direct" }, down: "d1" },
    { ...none, act: QUIET_CRON },
  ],
  queue: (body) => [
    { ...none, act: { do: "post", body, intake: "queue" } },
    { ...none, act: CONSUME },
  ],
};

/** A few words on one job, or on a workflow and its jobs, or any others. */
const words = fc.oneof(
  fc
    .tuple(job, fc.array(body, { minLength: 2, maxLength: 3 }))
    .map(([one, bodies]) => bodies.map((told) => ("job" in told ? { ...told, job: one } : told))),
  fc
    .tuple(costly, costly, workflowEnd)
    .map(([one, other, end]): BodySpec[] => [one, other, { ...end, jobs: [...new Set([one.job, other.job])] }]),
  fc.array(body, { minLength: 1, maxLength: 3 }),
);

const again = fc.option(fc.record({ at: fc.nat(2), way: fc.constantFrom("direct", "spill", "queue") }), { freq: 2 });

/** What is old, of which one may come again before retention, in its middle, and after it. */
const ageing: fc.Arbitrary<Step[]> = fc
  .record({
    words,
    hours: fc.constantFrom(25, 49),
    again,
    later: again,
    days: fc.constantFrom("jobs", "jobs", "bytes", "quarantined"),
    within: fc.option(
      fc.record({ call: fc.record({ to: fc.constant("D1" as const), number: fc.nat(9) }), act: wholePost }),
    ),
  })
  .map(({ words, hours, again, later, days, within }) => {
    const comes = (one: typeof again) => (one === null ? [] : WAYS[one.way](words[one.at % words.length] as BodySpec));
    return [
      ...words.flatMap(WAYS.direct),
      { ...none, act: { do: "clock", hours } },
      ...comes(again),
      { ...none, act: { ...QUIET_CRON, retention: { ...QUIET_CRON.retention, [days]: 1 } }, within },
      ...comes(later),
    ];
  });

/** What is written of a delivery while retention takes what is old by then, and so perhaps the delivery itself. */
const overtaken: fc.Arbitrary<Step[]> = fc
  .record({
    first: fc.oneof(wholePost, costlyPost),
    act: fc.oneof<fc.Arbitrary<Act>[]>(
      wholePost,
      fc.record({ do: fc.constant("reparse" as const), which }),
      fc.constant(QUIET_CRON),
    ),
    days: fc.constantFrom("jobs", "jobs", "bytes", "quarantined"),
    call: fc.record({
      to: fc.constantFrom("D1" as const, "D1 UPDATE deliveries" as const),
      number: fc.oneof(fc.constant(0), fc.nat(3)),
    }),
  })
  .map(({ first, act, days, call }) => {
    const retention = { ...QUIET_CRON.retention, [days]: 1 };
    const within = { call, act: { ...QUIET_CRON, retention, aheadHours: 26 } };
    return [
      { ...none, act: first },
      { ...none, act, within },
    ];
  });

/** What waits in the spill, and a drain or a look-up on which something goes wrong. */
const spilled: fc.Arbitrary<Step[]> = fc
  .record({
    before: fc.option(wholePost),
    post: wholePost,
    act: fc.constantFrom<Act>(QUIET_CRON, { do: "look" }, { do: "reparse", which: 0 }, { do: "reparse", which: 1 }),
    faults,
    within: fc.option(fc.record({ call, act: fc.oneof(wholePost, fc.constant(QUIET_CRON)) })),
  })
  .map(({ before, post, act, faults, within }) => [
    ...(before === null ? [] : [{ ...none, act: before }]),
    { ...none, act: post, down: "d1" },
    { ...none, act, faults: [...faults], within },
  ]);

/** Any steps, and now and then some that are likely to hurt one another. */
export const steps: fc.Arbitrary<Step[]> = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: step.map((one): Step[] => [one]) },
      { weight: 2, arbitrary: unread },
      { weight: 2, arbitrary: ageing },
      { weight: 2, arbitrary: overtaken },
      { weight: 2, arbitrary: spilled },
    ),
    { minLength: 1, maxLength: 12, size: "max" },
  )
  .map((chains) => chains.flat());
