/** Where a request to CI goes. Nothing is signed for a host other than that of the endpoint. Pure. */
import { fail, ok, type Result } from "../callback/result.ts";
import { type CiQueue, isBucket, isRegion, type Place } from "./queues.ts";

/** Where requests may go. */
export interface Targets {
  /** A URL in which `{bucket}` and `{region}` stand for those of the job. */
  endpoint: string;
  /** Where not null, only the buckets and regions named here are asked. */
  queues: readonly CiQueue[] | null;
}

/** Scheme, host with port, and path, without user, query and fragment. */
const TEMPLATE = /^(https?):\/\/([^/?#@\\\s]+)(\/[^?#\\\s]*)?$/;

const LOOPBACK = /^(?:(?:[a-z0-9-]+\.)*localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

/** A URL leaves these out of its host. */
const DEFAULT_PORTS = { http: /:80$/, https: /:443$/ } as const;

export type Parameters = readonly (readonly [name: string, value: string])[];

/** The URL of a request. `path` begins with a slash and is encoded; parameters are not. Fails with why it may not be asked. */
export function urlOf(targets: Targets, place: Place, path: string, parameters: Parameters = []): Result<URL, string> {
  const { bucket, region } = place;
  if (!isBucket(bucket)) return fail("The bucket is not a name and an APPID, such as examplebucket-1250000000.");
  if (!isRegion(region)) return fail("The region is not one such as ap-chongqing.");
  const isNamed = (queue: CiQueue) => queue.bucket === bucket && queue.region === region;
  if (targets.queues !== null && !targets.queues.some(isNamed))
    return fail("CI_QUEUES does not name the bucket in this region.");

  const match = TEMPLATE.exec(targets.endpoint);
  const [, scheme, hostTemplate, base = ""] = match ?? [];
  if (scheme === undefined || hostTemplate === undefined) return fail("The endpoint is not a URL with a host.");
  const filled = (template: string) => template.replaceAll("{bucket}", bucket).replaceAll("{region}", region);
  const host = filled(hostTemplate)
    .toLowerCase()
    .replace(DEFAULT_PORTS[scheme as "http" | "https"], "");
  if (scheme === "http" && !LOOPBACK.test(host)) return fail("The endpoint is http, and not on this machine.");
  const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  const url = URL.parse(
    `${scheme}://${host}${filled(base).replace(/\/$/, "")}${path}${query === "" ? "" : `?${query}`}`,
  );
  return url?.host === host ? ok(url) : fail("The URL built for the endpoint has another host.");
}
