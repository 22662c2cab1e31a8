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
} from "./steps.ts";

const none = { faults: [], down: "none", within: null } as const;
const QUIET_CRON: Act & { do: "cron" } = {
  do: "cron",
  retention: { jobs: 0, bytes: 0, quarantined: 0 },
  aheadHours: 0,
  operations: "many",
};

/** A job's own callback, kept before it is read. */
const costly = fc
  .record({ job, says, format: fc.constant("xml" as const), run: fc.option(run, { freq: 2 }), copy })
  .map((told): BodySpec => ({ kind: "job", size: "general", ...told }));

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

/** A body whose reading is cut off, and a cron that reads it while something else goes wrong. */
const unread: fc.Arbitrary<Step[]> = fc
  .record({
    body: costly,
    cut: faultAt("D1 UPDATE deliveries", CUTS, 0),
    again: faultAt("D1 UPDATE deliveries", CUTS, 2),
    within: fc.option(fc.record({ call, act: wholePost }), { freq: 2, nil: null }),
  })
  .map(({ body, cut, again, within }) => [
    { ...none, act: { do: "post", body, intake: "direct" }, faults: [cut] },
    { ...none, act: QUIET_CRON, faults: [again], within },
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
    { ...none, act: { do: "consume", take: 4, isReversed: false, isTwice: false, isDeadLetters: false } },
  ],
};

/** A few words on one job, or any others. */
const words = fc.oneof(
  fc
    .tuple(job, fc.array(body, { minLength: 2, maxLength: 3 }))
    .map(([one, bodies]) => bodies.map((told) => ("job" in told ? { ...told, job: one } : told))),
  fc.array(body, { minLength: 1, maxLength: 3 }),
);

/** What is old, of which one may come again, and something about it that comes in the middle of retention. */
const ageing: fc.Arbitrary<Step[]> = fc
  .record({
    words,
    hours: fc.constantFrom(25, 49),
    again: fc.option(fc.record({ at: fc.nat(2), way: fc.constantFrom("direct", "spill", "queue") }), { freq: 2 }),
    days: fc.constantFrom("jobs", "jobs", "bytes", "quarantined"),
    within: fc.option(
      fc.record({ call: fc.record({ to: fc.constant("D1" as const), number: fc.nat(9) }), act: wholePost }),
    ),
  })
  .map(({ words, hours, again, days, within }) => [
    ...words.flatMap(WAYS.direct),
    { ...none, act: { do: "clock", hours } },
    ...(again === null ? [] : WAYS[again.way](words[again.at % words.length] as BodySpec)),
    { ...none, act: { ...QUIET_CRON, retention: { ...QUIET_CRON.retention, [days]: 1 } }, within },
  ]);

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
      { weight: 1, arbitrary: unread },
      { weight: 1, arbitrary: ageing },
      { weight: 1, arbitrary: overtaken },
      { weight: 1, arbitrary: spilled },
    ),
    { minLength: 1, maxLength: 14, size: "max" },
  )
  .map((chains) => chains.flat());
