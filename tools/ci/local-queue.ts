/**
 * The keys and the queue of the local CI, which are no secret, and the file in which a local run says where it listens.
 */
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

/**
 * The one queue in which simulated jobs run if callbacks may be lost, so that the receiver can be configured
 * beforehand.
 */
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

/** Writes down where the CI of this run is. The result deletes that again. */
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
