/**
 * A CI on loopback, for tests and local runs. It answers signed questions about jobs as the provider's documentation
 * and SDKs say. `{bucket}/{region}` at the beginning of the path, or the host, names the bucket; if neither does, all
 * are meant. Requests under `/-/` tell it what to know and how to misbehave.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Answer, answerTo, type Asked, idsOf, printAnswer, refusal } from "./answers.ts";
import { control } from "./control.ts";
import { LocalCi, type Misbehaviour } from "./local-ci.ts";
import { type CiKeys, parametersOf, refusalOf } from "./signature.ts";

export interface CiServer {
  /** Without a slash at the end. */
  url: string;
  ci: LocalCi;
  stop: () => Promise<void>;
}

export interface CiServerOptions {
  keys: CiKeys;
  /** 0 for any free port. */
  port?: number;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/** Rejects if the port is taken. */
export async function startCi({ keys, port = 0, now = Date.now }: CiServerOptions): Promise<CiServer> {
  const ci = new LocalCi();
  const server = createServer((request, response) => {
    const work = request.url?.startsWith("/-/") === true ? control(ci, request, response) : answer(request, response);
    work.catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url: target = "/", headers } = request;
    const { path, asked } = placeOf(target, headers.host ?? "");
    const jobIds = idsOf(path);
    const requestId = Buffer.from(`local-ci ${now()} ${ci.requests.length}`).toString("base64");
    const misbehaviour = ci.nextMisbehaviour(jobIds);
    const said = answerOf(misbehaviour, () => {
      const refused = refusalOf({ method, target, headers }, keys, now());
      if (refused !== null) return refusal(refused);
      return answerTo({ path, parameters: parametersOf(target.split("?")[1] ?? ""), asked }, ci.jobs.values());
    });
    ci.note({ at: now(), path, jobIds, status: said?.status ?? 0 });
    if (said === null) {
      if (misbehaviour?.how === "reset") response.destroy();
      return;
    }
    const ids = said.root === "Error" ? { RequestId: requestId, TraceId: requestId } : {};
    const body = printAnswer({ ...said, content: { ...said.content, ...ids } });
    response.writeHead(said.status, {
      "content-type": "application/xml",
      "x-ci-request-id": requestId,
      ...headersOf(misbehaviour),
    });
    response.end(misbehaviour?.how === "broken" ? body.slice(0, body.length / 2) : body);
  }

  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ci,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

const PATH_PREFIX = /^\/([a-z0-9-]+-\d+)\/([a-z]+-[a-z0-9-]+)(?=\/)/;
const HOST = /^([a-z0-9-]+-\d+)\.ci\.([a-z]+-[a-z0-9-]+)\./;

/** The path, decoded and without the bucket, and the bucket. */
function placeOf(target: string, host: string): { path: string; asked: Asked } {
  const [encoded = "/"] = target.split("?");
  const prefix = PATH_PREFIX.exec(encoded);
  const [, bucket, region] = prefix ?? HOST.exec(host) ?? [];
  const path = decodeURIComponent(encoded.slice(prefix?.[0].length ?? 0));
  return { path, asked: bucket === undefined || region === undefined ? null : { bucket, region } };
}

/** Null to send no answer. */
function answerOf(misbehaviour: Misbehaviour | null, good: () => Answer): Answer | null {
  switch (misbehaviour?.how) {
    case undefined:
    case "broken":
      return good();
    case "slow-down":
      return refusal({ status: 429, code: "SlowDown", message: "Reduce your request rate." });
    case "error":
      return refusal({
        status: misbehaviour.status,
        code: "InternalError",
        message: "We encountered an internal error.",
      });
    case "redirect":
      return { status: 302, root: "Response", content: {} };
    case "hang":
    case "reset":
      return null;
  }
}

function headersOf(misbehaviour: Misbehaviour | null): Record<string, string> {
  if (misbehaviour?.how === "redirect") return { location: misbehaviour.to };
  if (misbehaviour?.how !== "slow-down" || misbehaviour.retryAfter == null) return {};
  return { "retry-after": String(misbehaviour.retryAfter) };
}
