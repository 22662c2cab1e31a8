/** What holds of every body, by generated ones. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCallback } from "../../src/callback/callback.ts";
import { jobRank, runRank } from "../../src/callback/state.ts";
import { ENVELOPES, jsonCallback, xmlCallback, xmlOf } from "../fixtures/envelopes.ts";
import { anyWord, edited, fields, holds, isXmlText, job, ODD_NAMES, scraps, word } from "../fixtures/generated.ts";
import type { Fields } from "../fixtures/jobs.ts";
import { callbacks } from "./published.ts";

const envelope = fc.constantFrom(...ENVELOPES);
const fixture = fc.constantFrom(...callbacks);

describe("XML and JSON", () => {
  test("of one job are read the same, in every envelope", () => {
    holds(fc.tuple(job, envelope), ([detail, { print, format }]) => {
      const expected = parseCallback(xmlCallback(detail));
      expect(expected.ok && expected.value.jobs.length).toBe(1);
      const read = parseCallback(print(detail));
      expect(read.ok && read.value.format).toBe(format);
      expect(said(print(detail))).toBe(said(xmlCallback(detail)));
    });
  });

  test("of one finished workflow are read the same", () => {
    holds(fc.array(fc.record({ JobId: word, Name: word, More: fields }), { maxLength: 4 }), (tasks) => {
      const finish = {
        EventName: "WorkflowFinish",
        WorkflowExecution: { RunId: "i1", Tasks: tasks as unknown as Fields[] },
      };
      expect(said(JSON.stringify(finish))).toBe(said(xmlOf({ Response: finish })));
    });
  });
});

/** A reading as text, but for the format: equal texts have equal members in equal order, whatever their names. */
function said(body: string): string {
  const read = parseCallback(body);
  return JSON.stringify(read.ok ? { ...read.value, format: null } : read);
}

describe("parseCallback", () => {
  const isReadOrRefused = (body: string | Uint8Array): void => {
    const read = parseCallback(body);
    if (read.ok) expect(read.value.jobs.every((one) => one.jobId.trim() !== "")).toBe(true);
    else {
      const { line, column } = read.error;
      const lines = typeof body === "string" ? body.split(/\r\n?|\n/) : null;
      if (line !== null) expect(line).toBeGreaterThan(0);
      if (column !== null) expect(column).toBeGreaterThan(0);
      if (lines !== null && line !== null) expect(line).toBeLessThanOrEqual(lines.length);
      expect(read.error.reason.length).toBeLessThan(250);
    }
  };
  const asBytes = (text: string): Uint8Array => new TextEncoder().encode(text);

  test("throws at no bytes", () => holds(fc.uint8Array({ maxLength: 200 }), isReadOrRefused));
  test("throws at no text", () => holds(fc.string({ unit: "binary", maxLength: 200 }), isReadOrRefused));
  test("throws at no scraps of markup", () => holds(scraps, isReadOrRefused, 2_000));
  test("throws at no JSON", () => holds(fc.json({ maxDepth: 6 }), isReadOrRefused));
  test("throws at no callback that was edited", () => holds(edited(fixture), isReadOrRefused, 1_000));
  test("throws at no callback of which bytes were changed", () => {
    holds(
      fc.tuple(fixture, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 })),
      ([text, changes]) => {
        const bytes = asBytes(text);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        isReadOrRefused(bytes);
      },
    );
  });
  test("reads bytes as it reads their text", () => {
    holds(edited(fixture).filter(isXmlText), (text) =>
      expect(parseCallback(asBytes(text))).toEqual(parseCallback(text)),
    );
  });
});

/** What came of a word that was sent as the message of a job. */
const messageIn = (body: string): string | null | undefined => {
  const read = parseCallback(body);
  return read.ok ? read.value.jobs[0]?.message : read.error.reason;
};

describe("words come out exactly as they went in", () => {
  test("from XML", () => {
    holds(word, (sent) => expect(messageIn(xmlCallback({ JobId: "a1", Message: sent }))).toBe(sent));
  });

  test("from XML that has attributes", () => {
    holds(word, (sent) => {
      const body = xmlCallback({ JobId: "a1", Message: sent }).replace("<Response>", '<Response xmlns="x">');
      expect(messageIn(body)).toBe(sent);
    });
  });

  test("from XML in references of any kind", () => {
    holds(fc.tuple(word, fc.infiniteStream(fc.nat(3))), ([sent, kinds]) => {
      const printed = Array.from(sent, (character) => {
        const code = character.codePointAt(0) as number;
        const kind = kinds.next().value as number;
        return kind === 0
          ? `&#${code};`
          : kind === 1
            ? `&#x${code.toString(16)};`
            : kind === 2
              ? `&#x00${code.toString(16).toUpperCase()};`
              : xmlOf({ a: character }).slice(3, -4);
      });
      expect(messageIn(`<JobsDetail><JobId>a1</JobId><Message>${printed.join("")}</Message></JobsDetail>`)).toBe(sent);
    });
  });

  test("from CDATA", () => {
    holds(
      word.filter((text) => !text.includes("]]>")),
      (sent) => {
        const body = `<JobsDetail><JobId>a1</JobId><Message><![CDATA[${sent}]]></Message></JobsDetail>`;
        expect(messageIn(body)).toBe(sent.replace(/\r\n?/g, "\n"));
      },
    );
  });

  test("from JSON, surrogates without their other half included", () => {
    holds(anyWord, (sent) => expect(messageIn(jsonCallback({ JobId: "a1", Message: sent }))).toBe(sent));
  });

  test("from JSON in escapes", () => {
    holds(anyWord, (sent) => {
      const units = Array.from({ length: sent.length }, (_, at) => sent.charCodeAt(at));
      const printed = units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
      expect(messageIn(`{"JobsDetail":{"JobId":"a1","Message":"${printed}"}}`)).toBe(sent);
    });
  });

  test("but line ends in XML are line feeds, as section 2.11 of XML 1.0 has it", () => {
    const lines = fc.array(fc.constantFrom("\r", "\n", "x", " "), { minLength: 1 }).map((parts) => parts.join(""));
    holds(lines, (sent) => {
      const body = `<JobsDetail><JobId>a1</JobId><Message>${sent}</Message></JobsDetail>`;
      expect(messageIn(body)).toBe(sent.replaceAll("\r\n", "\n").replaceAll("\r", "\n"));
    });
  });
});

test("numbers in JSON keep their digits", () => {
  const literal = fc.stringMatching(/^-?(?:0|[1-9]\d{0,40})(?:\.\d{1,40})?(?:[eE][+-]?\d{1,5})?$/);
  holds(literal, (sent) => expect(messageIn(`{"JobsDetail":{"JobId":"a1","Message":${sent}}}`)).toBe(sent));
});

test("names that mean something to JavaScript do no harm and lose nothing", () => {
  const odd = fc.uniqueArray(fc.constantFrom(...ODD_NAMES), { minLength: 1 });
  holds(fc.tuple(odd, fc.constantFrom("#text", "@a")), ([names, jsonOnly]) => {
    const inner = Object.fromEntries(names.map((key) => [key, `the ${key}`]));
    const detail = Object.fromEntries([
      ["JobId", "a1"],
      ["Operation", inner],
      ...names.filter((key) => key !== "JobId").map((key) => [key, inner]),
    ]) as Fields;
    for (const body of [
      xmlCallback(detail),
      xmlCallback(detail).replace("<JobsDetail>", "<JobsDetail >"),
      jsonCallback(detail),
    ]) {
      const read = parseCallback(body);
      expect(read.ok && JSON.stringify(read.value.jobs[0]?.detail)).toBe(JSON.stringify(detail));
    }
    const beside = Object.fromEntries([...Object.entries(detail), [jsonOnly, "x"]]) as Fields;
    const read = parseCallback(jsonCallback(beside));
    expect(read.ok && JSON.stringify(read.value.jobs[0]?.detail)).toBe(JSON.stringify(beside));
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

describe("of many readings one stands, whatever their order and repetition", () => {
  const time = fc.constantFrom(null, "2026-03-01T01:00:00Z", "2026-03-01T01:00:00.500Z", "1969-12-31T00:00:00Z");
  const state = fc.constantFrom(null, "Submitted", "Running", "Success", "Failed");
  const deliveries = <T>(reading: fc.Arbitrary<T>) =>
    fc
      .uniqueArray(fc.record({ id: fc.stringMatching(/^[0-9a-f]{8}$/), reading }), {
        selector: ({ id }) => id,
        minLength: 1,
      })
      .chain((all) =>
        fc.tuple(fc.constant(all), fc.shuffledSubarray(all), fc.shuffledSubarray(all, { minLength: all.length })),
      );
  const standing = <T>(rank: (reading: T, id: string) => string, all: { id: string; reading: T }[]): string =>
    all.map(({ id, reading }) => ({ id, rank: rank(reading, id) })).reduce((a, b) => (b.rank > a.rank ? b : a)).id;

  test("of a job", () => {
    const reading = fc.record({ terminal: fc.boolean(), full: fc.boolean(), endedAt: time, state });
    holds(deliveries(reading), ([all, again, shuffled]) => {
      expect(standing(jobRank, [...again, ...shuffled, ...again])).toBe(standing(jobRank, all));
    });
  });

  test("of a run", () => {
    const task = {
      type: null,
      name: null,
      jobId: null,
      state: null,
      createdAt: null,
      startedAt: null,
      templateId: null,
      templateName: null,
      detail: {},
    };
    const reading = fc.record({
      terminal: fc.boolean(),
      tasks: fc.array(
        time.map((endedAt) => ({ ...task, endedAt })),
        { maxLength: 3 },
      ),
    });
    holds(deliveries(reading), ([all, again, shuffled]) => {
      expect(standing(runRank, [...again, ...shuffled, ...again])).toBe(standing(runRank, all));
    });
  });
});
