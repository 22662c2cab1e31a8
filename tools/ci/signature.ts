/** Checks the signature of a request, with Tencent's own SDK and none of the receiver's code. */
import util from "cos-nodejs-sdk-v5/sdk/util.js";

export interface CiKeys {
  secretId: string;
  secretKey: string;
  /** Null for permanent keys. */
  securityToken: string | null;
}

export interface SignedRequest {
  method: string;
  /** The path as it came: encoded, with the query. */
  target: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Refusal {
  status: number;
  code: string;
  message: string;
}

const denied = (code: string, message: string): Refusal => ({ status: 403, code, message });

/**
 * Null if the request is signed, including `host` and all parameters; otherwise CI's answer. `now` is in milliseconds
 * since 1970.
 */
export function refusalOf({ method, target, headers }: SignedRequest, keys: CiKeys, now: number): Refusal | null {
  const { authorization } = headers;
  if (typeof authorization !== "string") return denied("AccessDenied", "Access Denied.");
  const said = Object.fromEntries(pairsOf(authorization));
  const names = (said["q-header-list"] ?? "").split(";").filter((name) => name !== "");
  if (said["q-ak"] !== keys.secretId) return denied("InvalidAccessKeyId", "The Access Key Id does not exist.");
  if (keys.securityToken !== null && headers["x-ci-security-token"] !== keys.securityToken)
    return denied("AccessDenied", "The security token is missing or invalid.");
  const time = said["q-sign-time"] ?? "";
  const [start = Number.NaN, end = Number.NaN] = time.split(";").map(Number);
  if (now / 1000 < start) return denied("AccessDenied", "Request is not valid yet.");
  if (now / 1000 > end) return denied("SignatureExpired", "Request has expired.");
  if (!names.includes("host")) return denied("AccessDenied", "The host is not signed.");

  const [path = "", query = ""] = target.split("?");
  const expected = util.getAuth({
    SecretId: keys.secretId,
    SecretKey: keys.secretKey,
    Method: method,
    Pathname: decodeURIComponent(path),
    Query: parametersOf(query),
    Headers: Object.fromEntries(names.map((name) => [name, String(headers[name] ?? "")])),
    KeyTime: time,
  });
  return authorization === expected ? null : denied("SignatureDoesNotMatch", "The Signature you specified is invalid.");
}

const pairsOf = (text: string): [string, string][] =>
  text.split("&").map((pair) => {
    const at = pair.indexOf("=");
    return at === -1 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
  });

/** The parameters of a query. A `+` stands for itself. */
export const parametersOf = (query: string): Record<string, string> =>
  query === ""
    ? {}
    : Object.fromEntries(pairsOf(query).map((pair) => pair.map(decodeURIComponent) as [string, string]));
