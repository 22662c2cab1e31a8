/** Callbacks to measure room with: those that the provider publishes, where they are, and those of our own generator. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseCallback } from "../../src/callback/callback.ts";
import { FORMATS, generateCallback, kindsOf } from "../../tools/callbacks/callback.ts";
import { TAGS } from "../../tools/callbacks/job-types.ts";

/** The same place as in vitest.config.ts: payloads of other people are read where they are, and not part of the project. */
const corpus = process.env["CORPUS_DIR"] ?? new URL("../../../shared/corpus", import.meta.url).pathname;

/** As it is sent, with the JobIds in it. */
export interface Payload {
  text: string;
  jobIds: string[];
}

/** Of every published callback that is well-formed and tells of a media, text, speech or file job. */
export function publishedPayloads(): Payload[] {
  if (!existsSync(corpus)) return [];
  return readdirSync(corpus)
    .filter((name) => name.startsWith("callback_") && !name.includes("auditing"))
    .toSorted()
    .map((name) => toPayload(readFileSync(join(corpus, name), "utf8")))
    .filter(({ jobIds }) => jobIds.length > 0);
}

/** The same without the white space that pages are indented with; those that are well-formed. */
export const compact = (payloads: readonly Payload[]): Payload[] =>
  payloads.map(({ text, jobIds }) => ({
    jobIds,
    text: text.trimStart().startsWith("<") ? text.replace(/>\s+</g, "><") : JSON.stringify(JSON.parse(text)),
  }));

/** One of every job type in XML and in JSON. */
export const generatedPayloads = (now: number): Payload[] =>
  kindsOf(TAGS, FORMATS, ["usual"]).map((kind, index) => {
    const { body } = generateCallback({ seed: "cost", index, kind, now });
    return toPayload(typeof body === "string" ? body : new TextDecoder().decode(body));
  });

function toPayload(text: string): Payload {
  const reading = parseCallback(text);
  return { text, jobIds: reading.ok ? reading.value.jobs.map(({ jobId }) => jobId) : [] };
}
