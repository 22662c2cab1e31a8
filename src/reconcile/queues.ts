/** Where CI is asked, and about which buckets: what the settings may say of it. Pure. */

/** Keys of a sub-account that may describe jobs. They are secrets, and leave only as a signature. */
export interface CiKeys {
  secretId: string;
  secretKey: string;
  /** Of temporary keys. */
  securityToken: string | null;
}

/** A bucket, such as `examplebucket-1250000000`, and its region, such as `ap-chongqing`. */
export interface Place {
  bucket: string;
  region: string;
}

/** A queue whose jobs CI lists, for each of the tags. */
export interface CiQueue extends Place {
  queueId: string;
  tags: readonly string[];
}

const BUCKET = /^[a-z0-9-]{1,60}-[0-9]{1,12}$/;
const REGION = /^[a-z]{2,}(?:-[a-z0-9]+)+$/;

/** Both become a part of the name of a host that requests are signed for. */
export const isBucket = (text: string): boolean => BUCKET.test(text);
export const isRegion = (text: string): boolean => REGION.test(text);

export const DEFAULT_ENDPOINT = "https://{bucket}.ci.{region}.myqcloud.com";

export const QUEUES_ALLOWED =
  'a list such as [{"bucket":"media-1250000000","region":"ap-shanghai","queueId":"p0123…","tags":["Transcode"]}], in TOML or as JSON text';
export const ENDPOINT_ALLOWED = "an https URL with {bucket} and {region} where they belong; http only to loopback";

/** The queues of the setting; null where it is not such a list. */
export function parseQueues(text: string): CiQueue[] | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return Array.isArray(value) && value.length > 0 && value.every(isQueue) ? value : null;
}

function isQueue(value: unknown): value is CiQueue {
  if (typeof value !== "object" || value === null) return false;
  const { bucket, region, queueId, tags } = value as Record<string, unknown>;
  return (
    typeof bucket === "string" &&
    typeof region === "string" &&
    isBucket(bucket) &&
    isRegion(region) &&
    isFilled(queueId) &&
    Array.isArray(tags) &&
    tags.length > 0 &&
    tags.every(isFilled)
  );
}

const isFilled = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** Whether this is a template of CI's address: `{bucket}` and `{region}` may stand in its host. */
export function isEndpoint(template: string): boolean {
  const filled = template.replaceAll("{bucket}", "bucket-1").replaceAll("{region}", "ap-region");
  if (!URL.canParse(filled)) return false;
  const { protocol, hostname, username, password, search, hash } = new URL(filled);
  if (username !== "" || password !== "" || search !== "" || hash !== "") return false;
  return protocol === "https:" || (protocol === "http:" && LOOPBACK.test(hostname));
}
