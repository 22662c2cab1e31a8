/**
 * Whatever is sent, the answer is never a failure of ours, and the bytes are kept or refused with a reason:
 * mutated callbacks of every kind, and random bytes. `FUZZ_BODIES` says how many, `SOAK_SEED` which.
 */
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { type Callback, generateCallback, kindsOf, SHAPE_NAMES } from "../../tools/callbacks/callback.ts";
import { TAGS } from "../../tools/callbacks/job-types.ts";
import { type Random, seeded } from "../worker/faults.ts";
import { get, post, sha256 } from "../worker/receiver.ts";

const COUNT = Number(env.FUZZ_BODIES);
const random = seeded(Number(env.SOAK_SEED));

const below = (limit: number): number => Math.floor(random() * limit);

/** Bytes that mean something to a reader, to be put where they do not belong. */
const TOKENS = [
  "<",
  ">",
  "&",
  "&#0;",
  "&#x110000;",
  "]]>",
  "<!--",
  "<![CDATA[",
  "<!DOCTYPE a>",
  "<?x",
  '"',
  "{",
  "}",
  "[",
  "]",
  ",",
  "\\u",
  "\\ud800",
  "null",
  "1e999",
  "-",
  "\0",
  "\ufeff",
  "😀",
].map((token) => new TextEncoder().encode(token));

type Mutation = (bytes: Uint8Array) => Uint8Array;

const joined = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(parts.flatMap((part) => [...part]));

const MUTATIONS: readonly Mutation[] = [
  (bytes) => bytes.slice(0, below(bytes.length)),
  (bytes) => bytes.slice(below(bytes.length)),
  (bytes) => bytes.map((byte) => (random() < 0.01 ? below(256) : byte)),
  (bytes) => {
    const at = below(bytes.length);
    return joined(bytes.slice(0, at), TOKENS[below(TOKENS.length)] as Uint8Array, bytes.slice(at));
  },
  (bytes) => {
    const [from, to, into] = [below(bytes.length), below(bytes.length), below(bytes.length)];
    return joined(bytes.slice(0, into), bytes.slice(Math.min(from, to), Math.max(from, to)), bytes.slice(into));
  },
  (bytes) => joined(bytes, bytes),
  (bytes) => bytes.toReversed(),
  // Gentle ones, that a reader may well survive.
  (bytes) => bytes.with(below(bytes.length), 0x20 + below(0x5f)),
  (bytes) => bytes.with(below(bytes.length), 0x20 + below(0x5f)),
  (bytes) => bytes.with(below(bytes.length), 0x20 + below(0x5f)),
  (bytes) => joined(bytes, TOKENS[below(TOKENS.length)] as Uint8Array),
];

function* bodies(chance: Random): Generator<Uint8Array> {
  const kinds = kindsOf(TAGS, ["xml", "json"], ["usual", ...SHAPE_NAMES]);
  for (let index = 0; index < COUNT; index += 1) {
    if (chance() < 0.1) {
      yield crypto.getRandomValues(new Uint8Array(below(2_000)));
      continue;
    }
    const kind = kinds[below(kinds.length)] as Callback["kind"];
    const { body } = generateCallback({ seed: `fuzz ${env.SOAK_SEED}`, index, kind, now: 0, tokens: 5 });
    let bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    for (let times = below(2); times >= 0 && bytes.length > 0; times -= 1)
      bytes = new Uint8Array((MUTATIONS[below(MUTATIONS.length)] as Mutation)(bytes));
    yield bytes;
  }
}

test(`${COUNT} bodies that nobody meant to send are kept, each with an answer that says so`, async () => {
  const answers: Record<number, number> = {};
  for (const bytes of bodies(random)) {
    const response = await post(bytes);
    const id = await sha256(bytes);
    answers[response.status] = (answers[response.status] ?? 0) + 1;
    const answer = await response.json<{ delivery: string; reason?: string; jobs?: string[] }>();
    expect([200, 400, 415], new TextDecoder().decode(bytes)).toContain(response.status);
    expect(answer.delivery).toBe(id);
    if (response.status !== 200) expect(answer.reason).toMatch(/\S/);
    const raw = await get(`/deliveries/${id}/raw`);
    expect(await sha256(new Uint8Array(await raw.arrayBuffer()))).toBe(id);
    for (const jobId of answer.jobs ?? []) expect((await get(`/jobs/${encodeURIComponent(jobId)}`)).status).toBe(200);
  }
  console.log(answers);
  expect(Object.keys(answers)).toEqual(["200", "400", "415"]);
});
