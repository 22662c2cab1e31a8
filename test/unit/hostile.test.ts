/** Bodies made to hurt: each is read or refused in a time that grows no faster than the body. */
import { expect, test } from "vitest";
import { parseCallback } from "../../src/callback/callback.ts";
import { MAX_DEPTH_LEVELS } from "../../src/callback/limits.ts";
import { jsonCallbackOf, xmlCallback, xmlCallbackOf } from "../fixtures/envelopes.ts";

/** The jobs in a body that can be read. */
function jobsIn(body: string) {
  const read = parseCallback(body);
  if (!read.ok) throw new Error(read.error.reason);
  return read.value.jobs;
}

const tooDeep = (what: string) => `${what} are nested deeper than ${MAX_DEPTH_LEVELS} levels.`;
test.each([
  ["100,000 elements inside one another", "<a>".repeat(100_000), tooDeep("Elements")],
  ["100,000 elements inside one another, closed", "<a>".repeat(100_000) + "</a>".repeat(100_000), tooDeep("Elements")],
  ["100,000 lists inside one another", "[".repeat(100_000), tooDeep("Objects and arrays")],
  [
    "100,000 lists inside one another, closed",
    "[".repeat(100_000) + "]".repeat(100_000),
    tooDeep("Objects and arrays"),
  ],
  ["comments that do not close", `<a>${"<!--".repeat(250_000)}`, "Expected `-->` to end the comment, found `--`."],
  ["instructions that do not close", `<a>${"<?".repeat(500_000)}`, 'Expected a name after `<?`, found "<".'],
  [
    "CDATA that does not close",
    `<a>${"<![CDATA[".repeat(100_000)}`,
    "The CDATA section is not closed: expected `]]>`, found the end of the body.",
  ],
  [
    "a string of a million characters that does not end",
    `{"a":"${"x".repeat(1_000_000)}`,
    "Expected a double quote that ends the string, found the end of the body.",
  ],
  [
    "a million escapes that end in none",
    `{"a":"${"\\n".repeat(1_000_000)}\\x`,
    'Expected an escape sequence after the backslash, found "x".',
  ],
  [
    "a number of a million digits in a broken list",
    `[${"1".repeat(1_000_000)}`,
    'Expected "," or "]", found the end of the body.',
  ],
  [
    "a million spaces before nothing",
    `[${" ".repeat(1_000_000)}`,
    'Expected a value or "]", found the end of the body.',
  ],
  [
    "entities that multiply",
    '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
    "A document type declaration (DOCTYPE) is refused.",
  ],
  [
    "entities nobody declared",
    `<a>${"&lol;".repeat(100_000)}</a>`,
    "Expected a known entity or a reference to a character that XML allows, found `&lol;`.",
  ],
])("%s are refused", (_name, body, reason) => {
  const read = parseCallback(body);
  expect(!read.ok && [read.error.kind, read.error.reason]).toEqual(["malformed", reason]);
});

test("a million references to the five entities are read", () => {
  const [job] = jobsIn(xmlCallback({ JobId: "a1", Message: "&".repeat(1_000_000) }));
  expect(job?.message).toBe("&".repeat(1_000_000));
});

test("999,997 empty elements beside a JobId are read", () => {
  const body = `<Response><JobsDetail><JobId>a1</JobId>${"<b/>".repeat(999_997)}</JobsDetail></Response>`;
  expect(jobsIn(body)[0]?.detail["b"]).toHaveLength(999_997);
});

test("10,000 JobsDetail are 10,000 jobs", () => {
  const details = Array.from({ length: 10_000 }, (_, index) => ({ JobId: `a${index}`, State: "Success" }));
  const ids = details.map((detail) => detail.JobId);
  expect(jobsIn(xmlCallbackOf(details)).map((job) => job.jobId)).toEqual(ids);
  expect(jobsIn(jsonCallbackOf(details)).map((job) => job.jobId)).toEqual(ids);
});

test("an attribute of 8 MB is read, beside a JobId", () => {
  const [job] = jobsIn(`<Response b="${"x".repeat(8_000_000)}"><JobsDetail><JobId>a1</JobId></JobsDetail></Response>`);
  expect(job?.jobId).toBe("a1");
});

test.each([
  ["CDATA sections", "<a><![CDATA[", "]]></a>", 4],
  ["comments inside the root element", "<a><!--", "--></a>", 4],
  ["text beside elements", "<a>", "<b/></a>", 4],
])("8 MB with %s is refused before the parser has it", (what, start, end, column) => {
  const reason = `XML with ${what} is read up to 1000000 characters.`;
  const read = parseCallback(start + "x".repeat(8_000_000) + end);
  expect(read).toEqual({ ok: false, error: { kind: "malformed", reason, line: 1, column } });
});
