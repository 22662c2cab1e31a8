/**
 * What a local CI is told over HTTP, by whoever does not run in its process:
 *
 *   GET    /-/requests?jobId=     {"count", "requests"}: what it was asked
 *   POST   /-/jobs                a list of jobs to know (`KnownJob`)
 *   DELETE /-/jobs/<JobId>        a job to forget
 *   POST   /-/misbehave           {"how", …, "times", "jobId"}: a `Misbehaviour` and its `Spell`
 *   POST   /-/behave              an end to that
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import type { KnownJob } from "./jobs.ts";
import type { LocalCi, Misbehaviour, Spell } from "./local-ci.ts";

export async function control(ci: LocalCi, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const say = (status: number, said: unknown) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(said));
  };
  // A page of another site cannot send this type, so none can interfere.
  const isJson = request.headers["content-type"] === "application/json";
  switch (`${request.method} ${pathname.replace(/^\/-\/jobs\/.+/, "/-/jobs/*")}`) {
    case "GET /-/requests": {
      const jobId = searchParams.get("jobId");
      const requests = ci.requests.filter(({ jobIds }) => jobId === null || jobIds.includes(jobId));
      return say(200, { count: requests.length, requests });
    }
    case "POST /-/jobs":
      if (!isJson) break;
      ci.know((await json(request)) as KnownJob[]);
      return say(200, { known: ci.jobs.size });
    case "DELETE /-/jobs/*":
      ci.forget(decodeURIComponent(pathname.slice("/-/jobs/".length)));
      return say(200, { known: ci.jobs.size });
    case "POST /-/misbehave": {
      if (!isJson) break;
      const { times, jobId, ...misbehaviour } = (await json(request)) as Misbehaviour & Spell;
      ci.misbehave(misbehaviour, { times: times ?? null, jobId: jobId ?? null });
      return say(200, {});
    }
    case "POST /-/behave":
      if (!isJson) break;
      ci.behave();
      return say(200, {});
    default:
      return say(404, { error: "There is no such path: see tools/ci/control.ts." });
  }
  return say(415, { error: "Expected content-type: application/json." });
}
