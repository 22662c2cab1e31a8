/** What a run posts, and what it looks up afterwards. Both walk the same plan, so that nothing is kept in between. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import type { Callback } from "../callbacks/callback.ts";
import { planDeliveries, type PlanOptions } from "../callbacks/plan.ts";
import type { Letter } from "./send.ts";
import type { Check } from "./verify.ts";

/** One thing to post. */
export interface Post extends Letter {
  /** For people. */
  name: string;
  /** Null for a file, of which nothing is known. */
  callback: Callback | null;
  /** Its place in the plan, from 0; -1 for a file. */
  number: number;
  /** False for what the percentages add. */
  isCounted: boolean;
  /** True for what is not posted. */
  isLost: boolean;
}

/** SHA-256 of the bytes, in hexadecimal digits: the receiver's name for a delivery. */
export const digestOf = (body: string | Uint8Array): string => createHash("sha256").update(body).digest("hex");

/** Rejects where one cannot be read. */
export async function readFiles(paths: readonly string[]): Promise<Post[]> {
  return Promise.all(
    paths.map(async (path) => {
      const body = new Uint8Array(await readFile(path));
      return { name: path, callback: null, number: -1, body, headers: headersOf(path), isCounted: true, isLost: false };
    }),
  );
}

function headersOf(path: string): Record<string, string> {
  const extension = extname(path).toLowerCase();
  return extension === ".xml" || extension === ".json" ? { "content-type": `application/${extension.slice(1)}` } : {};
}

/** The files, then the plan; lost ones are among them. */
export function* postsOf(files: readonly Post[], plan: PlanOptions | undefined): Generator<Post, void> {
  yield* files;
  if (plan === undefined) return;
  let number = 0;
  for (const { callback, role, isLost } of planDeliveries(plan)) {
    const { tag, shape, format } = callback.kind;
    const isCounted = role === "final";
    const what = [tag, shape, format, isCounted ? null : role].filter((part) => part !== null).join(", ");
    const { body, headers } = callback;
    yield { name: `callback ${number} (${what})`, callback, number, body, headers, isCounted, isLost };
    number += 1;
  }
}

/** The last word on each job, and what must be in quarantine, for each callback that was acknowledged. */
export function* checksOf(plan: PlanOptions, unacknowledged: ReadonlySet<number>): Generator<Check, void> {
  for (const post of postsOf([], plan)) {
    if (!post.isLost && !unacknowledged.has(post.number)) yield* checksOfPost(post);
  }
}

export function checksOfPost({ callback, isCounted }: Post): Check[] {
  if (callback === null || !isCounted) return [];
  const { kind, outcome, body, expected } = callback;
  const isUnreadable = outcome === "malformed-body" || outcome === "unsupported-media-type";
  if (isUnreadable) return [{ format: kind.format, quarantined: digestOf(body) }];
  return expected.map((job) => ({ format: kind.format, job }));
}
