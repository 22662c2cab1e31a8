/**
 * One callback, read in full: bytes in, what they say out. The same function reads a delivery when it
 * arrives, when it is looked up, and when it is reparsed. No I/O, no clock, and it never throws.
 */
import { malformed, placeOf } from "./failure.ts";
import { parseJson } from "./json.ts";
import { faultOfIds } from "./ids.ts";
import { readTree } from "./read.ts";
import { fail, ok, type Result } from "./result.ts";
import type { Format, Reading, ReadFailure } from "./types.ts";
import { parseXml } from "./xml.ts";

export type { Result } from "./result.ts";
export type {
  Content,
  ContentNode,
  Format,
  JobReading,
  Reading,
  ReadFailure,
  RunReading,
  TaskReading,
  Workflow,
} from "./types.ts";

/**
 * Raised by one with each change of what is read from a body. Each record has the version of the reader that made it.
 */
export const READER_VERSION = 3;

/** A decoded body: its text if the bytes are UTF-8, otherwise the bytes. */
export type Body = string | Uint8Array;

const BYTE_ORDER_MARK = "\ufeff";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes UTF-8 strictly. A byte order mark is kept, so that encoding the text gives the same bytes again. */
export function decodeBytes(bytes: Uint8Array): Body {
  try {
    return decoder.decode(bytes);
  } catch {
    return bytes;
  }
}

/**
 * Reads a body as CI posts it. The first character after a byte order mark and white space tells XML from JSON. No
 * header is used, because no page of the provider says which header a JSON callback has. An empty body is readable and
 * says nothing. Fails with kind `unsupported` if the body is neither XML nor JSON, and with `malformed` if it is not
 * well-formed or exceeds a limit. Line and column are given if they are known.
 */
export function parseCallback(body: Body): Result<Reading, ReadFailure> {
  const decoded = typeof body === "string" ? body : decodeBytes(body);
  if (typeof decoded !== "string") return fail(notUtf8(decoded));
  const text = decoded.startsWith(BYTE_ORDER_MARK) ? decoded.slice(1) : decoded;
  const start = contentStart(text);
  if (start === text.length) return ok({ format: null, event: null, jobs: [], runs: [] });
  const format = formatAt(text, start);
  if (format === null) return fail(NEITHER);
  const tree = format === "xml" ? parseXml(text) : parseJson(text);
  if (!tree.ok) return tree;
  const { event, jobs, runs } = readTree(tree.value);
  const fault = faultOfIds([...jobs.map(({ jobId }) => jobId), ...runs.map(({ runId }) => runId)]);
  return fault === null ? ok({ format, event, jobs, runs }) : fail(malformed(fault));
}

function contentStart(text: string): number {
  let at = 0;
  while (at < text.length && " \t\r\n".includes(text[at] as string)) at += 1;
  return at;
}

function formatAt(text: string, at: number): Format | null {
  if (text[at] === "<") return "xml";
  return text[at] === "{" || text[at] === "[" ? "json" : null;
}

const unsupported = (reason: string): ReadFailure => ({ ...malformed(reason), kind: "unsupported" });

const NEITHER = unsupported("The body is neither XML nor JSON: its first character is none of <, { and [.");
const GZIP = unsupported("Expected an uncompressed body, found gzip.");
const UTF_16 = unsupported("Expected a body in UTF-8, found UTF-16.");

/** The failure for bytes that are not UTF-8: malformed if they start like XML or JSON, otherwise unsupported. */
function notUtf8(bytes: Uint8Array): ReadFailure {
  const [first, second] = bytes;
  if (first === 0x1f && second === 0x8b) return GZIP;
  if ((first === 0xfe && second === 0xff) || (first === 0xff && second === 0xfe)) return UTF_16;
  const text = new TextDecoder().decode(bytes);
  if (formatAt(text, contentStart(text)) === null) return NEITHER;
  const sound = soundStart(bytes);
  return { ...malformed("The body is not valid UTF-8."), ...placeOf(sound, sound.length) };
}

/**
 * The text before the first bytes that are not UTF-8: the part that gives the same bytes when it is decoded leniently
 * and encoded again.
 */
function soundStart(bytes: Uint8Array): string {
  const again = new TextEncoder().encode(new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(bytes));
  let same = 0;
  while (bytes[same] === again[same]) same += 1;
  return new TextDecoder().decode(again.subarray(0, same), { stream: true });
}
