/** Which bodies are costly to read. */
import type { Body } from "./callback.ts";

/**
 * Bodies above this size, in bytes, are stored before they are read: reading them takes a good part of the 10 ms of CPU
 * of a free plan.
 */
const COSTLY_BYTES = 256 * 1024;

/**
 * The same for XML with comments, CDATA, instructions or attributes: fast-xml-parser reads it, which takes twelve times
 * as long.
 */
const COSTLY_GENERAL_XML_BYTES = 16 * 1024;

const GENERAL_XML = /<!|<\?|="|='/;

/** An XML declaration looks as if it had attributes, but fast-xml-parser is not needed for it. */
const DECLARATION = /^\ufeff?<\?xml[ \t\r\n][^>]*\?>/;

/** Whether reading a body may take so much CPU that the Worker is killed before it answers. */
export function isCostlyToRead({ body, size }: { body: Body; size: number }): boolean {
  if (size > COSTLY_BYTES) return true;
  if (size <= COSTLY_GENERAL_XML_BYTES || typeof body !== "string") return false;
  const content = body.slice(DECLARATION.exec(body)?.[0].length ?? 0);
  return content.trimStart().startsWith("<") && GENERAL_XML.test(content);
}
