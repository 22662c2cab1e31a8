/**
 * Whether the receiver can ask CI: it tries a signed request of its own, since nobody else has its keys, and says what
 * came of it.
 */
import type { Ask } from "./ask.ts";
import { fault, type Finding, good, leftOut } from "./finding.ts";

const CHECK = "asking CI";

interface Tried {
  request: "describe" | "list";
  bucket: string | null;
  region: string | null;
  fault: keyof typeof REMEDIES | null;
  says: string;
  requestId: string | null;
}

const REMEDIES = {
  clock:
    "CI finds the signature too old or too new. The receiver's clock is Cloudflare's; look for a proxy that holds requests back.",
  keys: "Set CI_SECRET_ID and CI_SECRET_KEY again; for temporary keys CI_SECURITY_TOKEN too: npx wrangler secret put <name>.",
  permission:
    "Give the sub-account leave to describe and list jobs of this bucket: docs/reconcile.md#what-to-give-the-sub-account.",
  bucket: "Check the bucket in CI_QUEUES, and that CI is bound to it.",
  region: "Check the region in CI_QUEUES: it is a part of the host that was asked, and that host is not there.",
  setting: "Name the queue in CI_QUEUES: docs/reconcile.md#settings.",
  "too-often": "Wait a while, and run the doctor again. If it lasts, ask CI for a higher rate.",
  ci: "Try again. If it lasts, give the request id to CI's support.",
} as const;

/** A local run takes its secrets and its clock from this machine. */
const LOCAL_REMEDIES = {
  ...REMEDIES,
  clock: "CI finds the signature too old or too new. A local run has this machine's clock: set it right.",
  keys: "Set CI_SECRET_ID and CI_SECRET_KEY again in .dev.vars, for temporary keys CI_SECURITY_TOKEN too, and restart npm run dev.",
} as const satisfies Record<keyof typeof REMEDIES, string>;

export async function checkReconcile(ask: Ask, token: string | null, local: boolean): Promise<Finding[]> {
  if (token === null) return [leftOut(CHECK, "needs --token or LOOKUP_TOKEN")];
  const {
    status,
    said,
    fault: why,
  } = await ask("reconcile/test", {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  });
  if (status === 404) return [leftOut(CHECK, "this version of the receiver does not ask")];
  if (status === 401) return [leftOut(CHECK, "needs a token that is one of the receiver's")];
  if (status !== 200 || !Array.isArray(said["answers"]))
    return [fault(CHECK, why ?? `/reconcile/test answers ${status}`, "See /readyz and the log of the receiver.")];
  if (said["hasKeys"] !== true) return [leftOut(CHECK, "CI_SECRET_ID and CI_SECRET_KEY are not set")];
  const remedies = local ? LOCAL_REMEDIES : REMEDIES;
  const findings = (said["answers"] as Tried[]).map((tried) => findingOf(tried, remedies));
  // Lists of one bucket, by queue and tag, mostly have one and the same answer.
  return findings.filter(({ says }, index) => findings.findIndex((other) => other.says === says) === index);
}

function findingOf(
  { request, bucket, region, fault: found, says, requestId }: Tried,
  remedies: Readonly<Record<keyof typeof REMEDIES, string>>,
): Finding {
  const about = bucket === null ? "" : `${request === "list" ? "a list of" : "a job in"} ${bucket}, ${region}: `;
  if (found === null) return good(CHECK, `${about}${says}`);
  const id = requestId === null ? "" : ` (request ${requestId})`;
  return fault(CHECK, `${about}${says}${id}`, remedies[found]);
}
