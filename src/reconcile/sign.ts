/**
 * The signature of a COS request, which CI takes too (Tencent Cloud, "Request signature", document 436/7778): HMAC
 * with SHA-1 over method, path, URL parameters and headers, valid for a span of time. Pure, by WebCrypto. Tests hold
 * it to published vectors and to Tencent's own SDK.
 */

export interface SigningKeys {
  secretId: string;
  secretKey: string;
  /** What belongs to temporary keys; null for permanent ones. */
  securityToken: string | null;
}

export interface UnsignedRequest extends SigningKeys {
  method: string;
  /**
   * As it is sent. Its escapes must be sound, or a URIError is thrown. A `+` in the query stands for itself, so a
   * space is `%20`.
   */
  url: URL;
  /** Further headers to send. All of them are signed. */
  headers?: Readonly<Record<string, string>>;
}

/**
 * The headers to send, names in lower case: those given, `authorization`, and `x-ci-security-token` for temporary
 * keys. Signs all of them, all URL parameters, and `host`, which is not among them because `fetch` sets it. `at` is in
 * milliseconds since 1970; the signature is valid from then on for `validSeconds`.
 */
export async function signRequest(
  request: UnsignedRequest,
  at: number,
  validSeconds: number,
): Promise<Record<string, string>> {
  const { method, url, secretId, secretKey, securityToken } = request;
  const headers = headersOf(request);
  if (securityToken !== null) headers["x-ci-security-token"] = securityToken;
  const start = Math.floor(at / 1000);
  const time = `${start};${start + validSeconds}`;

  const parameters = encodedPairs(parametersOf(url));
  const signed = encodedPairs(Object.entries({ ...headers, host: url.host }));
  const path = decodeURIComponent(url.pathname);
  const httpString = `${method.toLowerCase()}\n${path}\n${joined(parameters)}\n${joined(signed)}\n`;
  const stringToSign = `sha1\n${time}\n${await sha1(httpString)}\n`;
  // The key of the second HMAC is the text of the first, not its bytes.
  const signature = await hmacSha1(await hmacSha1(secretKey, time), stringToSign);

  const authorization = [
    "q-sign-algorithm=sha1",
    `q-ak=${secretId}`,
    `q-sign-time=${time}`,
    `q-key-time=${time}`,
    `q-header-list=${namesOf(signed)}`,
    `q-url-param-list=${namesOf(parameters)}`,
    `q-signature=${signature}`,
  ].join("&");
  return { ...headers, authorization };
}

type Pair = readonly [name: string, value: string];

function headersOf({ headers = {} }: UnsignedRequest): Record<string, string> {
  const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(lowerCase.filter(([name]) => name !== "host"));
}

/** Read by hand: URLSearchParams takes a `+` for a space. */
function parametersOf({ search }: URL): Pair[] {
  if (search.length < 2) return [];
  return search
    .slice(1)
    .split("&")
    .map((parameter) => {
      const [name = "", ...value] = parameter.split("=");
      return [decodeURIComponent(name), decodeURIComponent(value.join("="))];
    });
}

/** Names encoded and in lower case, in their order; values encoded. */
const encodedPairs = (pairs: readonly Pair[]): Pair[] =>
  pairs
    .map(([name, value]): Pair => [encode(name).toLowerCase(), encode(value)])
    .sort(([a], [b]) => (a === b ? 0 : a < b ? -1 : 1));

const joined = (pairs: readonly Pair[]): string => pairs.map(([name, value]) => `${name}=${value}`).join("&");
const namesOf = (pairs: readonly Pair[]): string => pairs.map(([name]) => name).join(";");

/** Everything but `A-Za-z0-9-_.~` is encoded, with hexadecimal digits in upper case. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

const bytesOf = (text: string) => new TextEncoder().encode(text);

const hexOf = (buffer: ArrayBuffer): string =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

const sha1 = async (text: string): Promise<string> => hexOf(await crypto.subtle.digest("SHA-1", bytesOf(text)));

async function hmacSha1(key: string, text: string): Promise<string> {
  const imported = await crypto.subtle.importKey("raw", bytesOf(key), { name: "HMAC", hash: "SHA-1" }, false, ["sign"]);
  return hexOf(await crypto.subtle.sign("HMAC", imported, bytesOf(text)));
}
