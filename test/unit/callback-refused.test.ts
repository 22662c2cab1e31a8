/** Bodies that say nothing that can be kept as said: the reason for each, with its place; and the bytes before them. */
import { expect, test } from "vitest";
import { decodeBytes, parseCallback } from "../../src/callback/callback.ts";
import { MAX_ID_CHARACTERS } from "../../src/callback/limits.ts";
import { jsonCallback, xmlCallback } from "../fixtures/envelopes.ts";
import { jobOf } from "../fixtures/jobs.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The reading of a body that can be read. */
function reading(body: string) {
  const read = parseCallback(utf8(body));
  if (!read.ok) throw new Error(read.error.reason);
  return read.value;
}

const failure = (kind: string, reason: string, line: number | null = null, column: number | null = null) => ({
  ok: false,
  error: { kind, reason, line, column },
});

const NEITHER = failure("unsupported", "The body is neither XML nor JSON: its first character is none of <, { and [.");

const NOT_UTF_8 = "The body is not valid UTF-8.";

test.each([
  ["nothing", ""],
  ["white space", " \t\r\n"],
  ["a byte order mark", "\ufeff"],
  ["a byte order mark and white space", "\ufeff\n"],
])("a body of %s is readable and says nothing", (_name, body) => {
  const nothing = { ok: true, value: { format: null, event: null, jobs: [], runs: [] } };
  expect(parseCallback(utf8(body))).toEqual(nothing);
  expect(parseCallback(body)).toEqual(nothing);
});

test.each([
  ["text", "JobId=a1"],
  ["a JSON string", '"a1"'],
  ["a no-break space before XML", "\u00a0<Response/>"],
  ["a second byte order mark", "\ufeff\ufeff<Response/>"],
])("%s is neither XML nor JSON", (_name, body) => {
  expect(parseCallback(utf8(body))).toEqual(NEITHER);
});

test.each([
  ["gzip", [0x1f, 0x8b, 8, 0], failure("unsupported", "Expected an uncompressed body, found gzip.")],
  [
    "UTF-16, little end first",
    [0xff, 0xfe, 0x3c, 0],
    failure("unsupported", "Expected a body in UTF-8, found UTF-16."),
  ],
  ["UTF-16, big end first", [0xfe, 0xff, 0, 0x3c], failure("unsupported", "Expected a body in UTF-8, found UTF-16.")],
  ["other bytes", [0x80, 0x3c], NEITHER],
  ["one half of a mark", [0xff], NEITHER],
  ["another half of it", [0xfe], NEITHER],
  ["half of gzip", [0x1f, 0x80], NEITHER],
  ["JSON with a bad byte", [0x7b, 0x0a, 0x22, 0xff], failure("malformed", NOT_UTF_8, 2, 2)],
  ["XML cut within a character", [0x3c, 0x61, 0x3e, 0xe4, 0xbb], failure("malformed", NOT_UTF_8, 1, 4)],
  ["XML that ends like a replacement character", [0x3c, 0xef, 0xbf], failure("malformed", NOT_UTF_8, 1, 2)],
  ["a bad byte after a replacement character", [0x3c, 0xef, 0xbf, 0xbd, 0xc0], failure("malformed", NOT_UTF_8, 1, 3)],
  [
    "a surrogate after a byte order mark",
    [0xef, 0xbb, 0xbf, 0x3c, 0xed, 0xa0, 0x80],
    failure("malformed", NOT_UTF_8, 1, 2),
  ],
  ["GBK under a UTF-8 start", [...utf8("<a>今"), 0xbd, 0xf1], failure("malformed", NOT_UTF_8, 1, 5)],
])("bytes that are no UTF-8: %s", (_name, bytes, expected) => {
  expect(parseCallback(new Uint8Array(bytes))).toEqual(expected);
});

test("decoding keeps every byte, a byte order mark included, and gives back bytes that are no UTF-8", () => {
  expect(decodeBytes(utf8("\ufeff今😀\u0000"))).toBe("\ufeff今😀\u0000");
  const bytes = new Uint8Array([0x3c, 0xff]);
  expect(decodeBytes(bytes)).toBe(bytes);
});

test("a byte order mark and white space stand before either format", () => {
  const job = jobOf("Concat");
  for (const space of ["\ufeff", "\n", "\ufeff \r\n\t"]) {
    expect(reading(space + xmlCallback(job))).toEqual(reading(xmlCallback(job)));
    expect(reading(space + jsonCallback(job))).toEqual(reading(jsonCallback(job)));
  }
});

test("what is not well-formed fails with its place, counted after a byte order mark", () => {
  expect(parseCallback("\ufeff<a>\n</b>")).toEqual(failure("malformed", "Expected `</a>`, found `</b>`.", 2, 1));
  expect(parseCallback('\ufeff\n{"a":}')).toEqual(failure("malformed", 'Expected a value, found "}".', 2, 6));
});

test("an id may be as long as the limit, and no longer", () => {
  const reason = `A JobId or RunId is longer than ${MAX_ID_CHARACTERS} characters.`;
  const id = "a".repeat(MAX_ID_CHARACTERS);
  expect(reading(xmlCallback({ JobId: id })).jobs.map((job) => job.jobId)).toEqual([id]);
  expect(parseCallback(xmlCallback({ JobId: `${id}a` }))).toEqual(failure("malformed", reason));
  const run = (runId: string): string => JSON.stringify({ WorkflowExecution: { RunId: runId } });
  expect(reading(run(id)).runs.map((one) => one.runId)).toEqual([id]);
  expect(parseCallback(run(`${id}a`))).toEqual(failure("malformed", reason));
});

test.each(["\u0000", "\u001f", "\n", "\t", "\u007f", "\u0085"])(
  "an id with the control character %j is refused",
  (character) => {
    const refused = failure("malformed", "A JobId or RunId has a control character.");
    const id = `a${character}1`;
    expect(parseCallback(jsonCallback({ JobId: id }))).toEqual(refused);
    expect(parseCallback(JSON.stringify({ WorkflowExecution: { RunId: id } }))).toEqual(refused);
    expect(parseCallback(JSON.stringify({ data: { trace_id: id } }))).toEqual(refused);
  },
);

test("a line break in an id is refused in XML too, and NUL is no XML at all", () => {
  expect(parseCallback(xmlCallback({ JobId: "a\n1" }))).toEqual(
    failure("malformed", "A JobId or RunId has a control character."),
  );
  expect(parseCallback("<JobsDetail><JobId>a\u0000</JobId></JobsDetail>")).toEqual(
    failure("malformed", 'Expected a character that XML allows, found "\\u0000".', 1, 21),
  );
});
