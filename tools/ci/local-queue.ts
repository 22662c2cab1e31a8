/** Keys and queue of the local CI, and where a local run says where it listens. Everybody knows them. */
import { readFileSync, rmSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { JobQueue } from "../callbacks/job.ts";
import { TAGS } from "../callbacks/job-types.ts";
import type { CiKeys } from "./signature.ts";

export const LOCAL_KEYS: CiKeys = {
  secretId: "local-ci-secret-id",
  secretKey: "local-ci-secret-key",
  securityToken: null,
};

/** The queue in which simulated jobs run whose callbacks may be lost: one, so that the receiver can be told of it beforehand. */
export const LOCAL_QUEUE: JobQueue = {
  bucket: "simulated-1250000000",
  region: "ap-chongqing",
  queueId: "p00000000000000000000000000000000",
};

/** The settings with which a receiver asks the CI at that address. */
export const localSettings = (url: string): Record<string, string> => ({
  CI_ENDPOINT: url,
  CI_SECRET_ID: LOCAL_KEYS.secretId,
  CI_SECRET_KEY: LOCAL_KEYS.secretKey,
  CI_QUEUES: JSON.stringify([{ ...LOCAL_QUEUE, tags: TAGS }]),
});

const FILE = ".wrangler/local-ci.json";

/** Says where the CI of this run is; the answer takes it back. */
export function announce(url: string): () => void {
  mkdirSync(dirname(FILE), { recursive: true });
  writeFileSync(FILE, JSON.stringify({ url }));
  return () => rmSync(FILE, { force: true });
}

/** Where the CI of a local run is; null if there is none. */
export function announced(): string | null {
  try {
    const { url } = JSON.parse(readFileSync(FILE, "utf8")) as { url?: unknown };
    return typeof url === "string" ? url : null;
  } catch {
    return null;
  }
}
