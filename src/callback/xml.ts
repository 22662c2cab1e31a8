/** XML to the plain tree. */
import { malformedAt } from "./failure.ts";
import { fail, type Result } from "./result.ts";
import { readStrictXml } from "./strict-xml.ts";
import type { ContentNode, ReadFailure } from "./types.ts";

/** `text` is without byte order mark. Gives a node whose one member is the root element. */
export function parseXml(text: string): Result<ContentNode, ReadFailure> {
  // XML 1.0 section 2.11: every line end is one line feed, whatever was sent.
  const lines = text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
  const read = readStrictXml(lines);
  return read.ok ? read : fail(malformedAt(lines, read.error));
}
