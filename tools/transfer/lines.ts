/**
 * The file of an export: a line that says where it comes from, then page after page as the receiver gave them. Each
 * page ends with a line `{"next":…}`, which says where the next one begins, null after the last. Any other line is a
 * delivery or an expectation.
 */
import { createHash } from "node:crypto";
import { fail, ok, type Result } from "../../src/callback/result.ts";

export type FileLine =
  | { kind: "head"; from: string }
  | { kind: "next"; next: string | null }
  | { kind: "delivery"; id: string; size: number }
  | { kind: "missing"; id: string; missing: "retention" | "corrupt" }
  | { kind: "expectation"; jobId: string };

/** Marks a file as an export, and tells its form. */
const FORM = "ci-callback-export/1";

export const headLine = (base: URL): string => `${JSON.stringify({ form: FORM, from: base.href })}\n`;

/** What a line says. Fails with a sentence if it is not a line of an export, or its bytes do not fit `id`. */
export function parseLine(text: string): Result<FileLine, string> {
  let value: Readonly<Record<string, unknown>>;
  try {
    value = { ...(JSON.parse(text) as object) };
  } catch {
    return fail("is not JSON");
  }
  const { form, from, next, id, bytes, missing, expectation } = value;
  if (form !== undefined) {
    if (form === FORM && typeof from === "string") return ok({ kind: "head", from });
    return fail(
      `begins an export of another form, ${JSON.stringify(form)}: use the version of this tool that wrote it`,
    );
  }
  if (id === undefined && (next === null || typeof next === "string")) return ok({ kind: "next", next });
  if (id === undefined && typeof expectation === "object" && expectation !== null) {
    const { jobId } = expectation as { jobId?: unknown };
    if (typeof jobId === "string") return ok({ kind: "expectation", jobId });
  }
  if (typeof id !== "string") return fail("is not a line of an export");
  if (bytes === null && (missing === "retention" || missing === "corrupt")) return ok({ kind: "missing", id, missing });
  if (typeof bytes !== "string") return fail(`has no bytes for delivery ${id}`);
  const body = Buffer.from(bytes, "base64");
  const digest = createHash("sha256").update(body).digest("hex");
  if (digest !== id) return fail(`has other bytes than those of delivery ${id}: their SHA-256 is ${digest}`);
  return ok({ kind: "delivery", id, size: body.length });
}

export interface RawLine {
  /** Counted from 1. */
  number: number;
  text: string;
  /** Where the next line begins, in bytes. */
  end: number;
}

/** Longest line, in bytes: the largest body allowed is 32 million in base64. */
const LINE_BYTES_MAX = 64 * 1024 * 1024;

const LINE_FEED = 0x0a;

/**
 * The lines of a stream of bytes, one in memory at a time. What follows the last line feed is not a complete line and
 * is left out, and so is everything after a line that is too long.
 */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<RawLine, void> {
  let parts: Buffer[] = [];
  let length = 0;
  let end = 0;
  let number = 0;
  for await (const chunk of chunks) {
    let at = 0;
    for (let feed = chunk.indexOf(LINE_FEED); feed !== -1; feed = chunk.indexOf(LINE_FEED, at)) {
      parts.push(chunk.subarray(at, feed));
      const line = Buffer.concat(parts);
      end += line.length + 1;
      number += 1;
      yield { number, text: line.toString("utf8"), end };
      parts = [];
      length = 0;
      at = feed + 1;
    }
    parts.push(chunk.subarray(at));
    length += chunk.length - at;
    if (length > LINE_BYTES_MAX) return;
  }
}
