/** A client of CI that is given its answers, for the tests of it. */
import { type CiMeans, type CiSettings, ciClient } from "../../src/reconcile/ci.ts";
import { DEFAULT_ENDPOINT } from "../../src/reconcile/queues.ts";

export const NOW = Date.parse("2026-11-24T12:00:00Z");

export const PLACE = { bucket: "examplebucket-1250000000", region: "ap-chongqing" };

export const HOST = "examplebucket-1250000000.ci.ap-chongqing.myqcloud.com";

export const SETTINGS: CiSettings = {
  secretId: "AKIDEXAMPLEEXAMPLE",
  secretKey: "exampleSecretKeyNotReal",
  securityToken: "exampleToken",
  endpoint: DEFAULT_ENDPOINT,
  queues: null,
};

export const JOB_ID = "ac34be3aa0bf411ed9ce39d7cc972e427";

export const known = (jobId = JOB_ID) =>
  `<Response><JobsDetail><JobId>${jobId}</JobId><State>Success</State></JobsDetail></Response>`;

export const unknown = (jobId = JOB_ID) => `<Response><NonExistJobIds>${jobId}</NonExistJobIds></Response>`;

export const error = (code: string, message = "No.") =>
  `<Error><Code>${code}</Code><Message>${message}</Message><RequestId>in-body</RequestId></Error>`;

export const answer = (body: BodyInit, status = 200, headers: Record<string, string> = {}) =>
  new Response(body, { status, headers: { "x-ci-request-id": "r1", ...headers } });

/** A client that is given these answers in turn, and the requests that it made. */
export function clientOf(
  answers: readonly Response[],
  settings: Partial<CiSettings> = {},
  means: Partial<CiMeans> = {},
) {
  const requests: { url: string; init: RequestInit }[] = [];
  const left = [...answers];
  const fetch = async (url: string, init: RequestInit) => {
    requests.push({ url, init });
    return left.shift() ?? Promise.reject(new Error("There is no answer left."));
  };
  const client = ciClient({ ...SETTINGS, ...settings }, { fetch, now: () => NOW, maxBytes: 10_000, ...means });
  return { client, requests, urls: () => requests.map(({ url }) => url) };
}
