/** Callbacks to start from: our own fixtures, and the provider's published payloads where they are (CORPUS_DIR). */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as envelopes from "../fixtures/envelopes.ts";
import { TAGS, workflowJobOf } from "../fixtures/jobs.ts";

const folder = process.env["CORPUS_DIR"] ?? "";

/** Names of the published payloads; empty where they are not here, since they cannot be shipped with the project. */
export const published: readonly string[] = existsSync(folder)
  ? readdirSync(folder).filter((file) => !file.endsWith(".tsv"))
  : [];

/** For the name of what is skipped without them. */
export const UNLESS_SKIPPED = published.length > 0 ? "" : " (skipped: CORPUS_DIR has no published payloads)";

export const bytesOf = (file: string): Uint8Array => new Uint8Array(readFileSync(join(folder, file)));
export const textOf = (file: string): string => readFileSync(join(folder, file), "utf8");

export const callbacks: readonly string[] = [
  ...envelopes.ENVELOPES.flatMap(({ print }) => TAGS.map((tag) => print(workflowJobOf(tag)))),
  ...Object.values(envelopes).filter((value) => typeof value === "string"),
  ...published.map(textOf),
];
