/** The lines of a file of an export: the same however its bytes come, and what is none. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { headLine, parseLine, readLines } from "../../tools/transfer/lines.ts";
import { expectation, line, next, sha256 } from "./transfers.ts";

describe("the lines of a file", () => {
  test("are the same however its bytes come, and what stands behind the last line feed is none", async () => {
    const text = fc.string({ unit: fc.constantFrom("a", "\n", "今", "\r") });
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(40)), async (text, cuts) => {
        const bytes = Buffer.from(text);
        const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].toSorted((a, b) => a - b);
        const chunks = places.slice(1).map((end, at) => bytes.subarray(places[at], end));
        const lines = await Array.fromAsync(readLines(fromChunks(chunks)));
        expect(lines.map(({ text }) => text)).toEqual(text.split("\n").slice(0, -1));
        expect(lines.map(({ number }) => number)).toEqual(lines.map((_, at) => at + 1));
        for (const { end } of lines) expect(bytes[end - 1]).toBe(0x0a);
      }),
    );
  });

  test.each([
    [line("x"), { kind: "delivery", id: sha256("x"), size: 1 }],
    [line("", { bytes: "" }), { kind: "delivery", id: sha256(""), size: 0 }],
    [line("x", { bytes: null, missing: "corrupt" }), { kind: "missing", id: sha256("x"), missing: "corrupt" }],
    [line("x", { bytes: null, missing: "retention" }), { kind: "missing", id: sha256("x"), missing: "retention" }],
    [next(null), { kind: "next", next: null }],
    [expectation("j1"), { kind: "expectation", jobId: "j1" }],
    [headLine(new URL("http://a/b/")), { kind: "head", from: "http://a/b/" }],
  ])("say what they are: %s", (text, value) => {
    expect(parseLine(text)).toEqual({ ok: true, value });
  });

  test.each([
    ["", "is not JSON"],
    ["7", "is not a line of an export"],
    ["{}", "is not a line of an export"],
    ['{"next":7}', "is not a line of an export"],
    ['{"expectation":{}}', "is not a line of an export"],
    ['{"expectation":null}', "is not a line of an export"],
    [line("x", { bytes: null }), `has no bytes for delivery ${sha256("x")}`],
    [
      line("x", { bytes: "eQ==" }),
      `has other bytes than those of delivery ${sha256("x")}: their SHA-256 is ${sha256("y")}`,
    ],
    ['{"form":"x/2"}', 'begins an export of another form, "x/2": use the version of this tool that wrote it'],
  ])("are refused in words: %s", (text, error) => {
    expect(parseLine(text)).toEqual({ ok: false, error });
  });
});

async function* fromChunks(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}
