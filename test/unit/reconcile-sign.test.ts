/** The signature of requests to CI, held to published vectors, to Tencent's own SDK, and to vectors of our own. */
import { existsSync, readFileSync } from "node:fs";
import { createHmac } from "node:crypto";
import { join } from "node:path";
import util from "cos-nodejs-sdk-v5/sdk/util.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { signRequest } from "../../src/reconcile/sign.ts";

const KEYS = { secretId: "AKIDEXAMPLEEXAMPLE", secretKey: "exampleSecretKeyNotReal", securityToken: null };
const HOST = "test-123456789.ci.ap-chongqing.myqcloud.com";

interface Vector {
  origin: string;
  method: string;
  path: string;
  params: Record<string, string>;
  headers: Record<string, string>;
  secretId?: string;
  secretKey?: string;
  keyTime: string;
  HttpString: string;
  StringToSign: string;
  Signature?: string;
  Authorization?: string;
}

/** `authorization` as our code gives it for a vector. */
async function signedVector({ method, path, params, headers, keyTime, ...keys }: Vector): Promise<string> {
  const query = Object.entries(params).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const url = new URL(`https://${headers["host"]}${encodeURI(path)}${query.length > 0 ? `?${query.join("&")}` : ""}`);
  const [start, end] = keyTime.split(";").map(Number) as [number, number];
  const { secretId = KEYS.secretId, secretKey = KEYS.secretKey } = keys;
  const request = { method, url, headers, secretId, secretKey, securityToken: null };
  return (await signRequest(request, start * 1000, end - start))["authorization"] as string;
}

const hmac = (key: string, text: string) => createHmac("sha1", key).update(text).digest("hex");

const authorizationOf = (time: string, headers: string, parameters: string, signature: string) =>
  `q-sign-algorithm=sha1&q-ak=AKIDEXAMPLEEXAMPLE&q-sign-time=${time}&q-key-time=${time}&q-header-list=${headers}&q-url-param-list=${parameters}&q-signature=${signature}`;

const vectorsFile = join(process.env["CORPUS_DIR"] ?? "", "..", "signing-vectors.json");
const vectors: Vector[] = existsSync(vectorsFile) ? JSON.parse(readFileSync(vectorsFile, "utf8")) : [];

// The published vectors cannot be shipped with the project: skipped where they are not beside it.
describe.skipIf(vectors.length === 0)("published vectors", () => {
  test("there are six", () => {
    expect(vectors).toHaveLength(6);
  });

  test.for(vectors.filter((vector) => vector.Authorization !== undefined))("$origin", async (vector) => {
    expect(await signedVector(vector)).toBe(vector.Authorization);
  });

  // Tencent's own pages do not tell their keys, but the text that is signed: with any key, it must have our signature.
  test.for(vectors.filter((vector) => vector.Authorization === undefined))("$origin", async (vector) => {
    const signature = hmac(hmac(KEYS.secretKey, vector.keyTime), vector.StringToSign);
    const headers = Object.keys(vector.headers).sort().join(";");
    const parameters = Object.keys(vector.params).sort().join(";");
    expect(await signedVector(vector)).toBe(authorizationOf(vector.keyTime, headers, parameters, signature));
  });
});

const AT = 1_658_738_139_000;
describe("vectors of our own, made with `openssl dgst -sha1 -hmac`", () => {
  test("a path, and host alone", async () => {
    const url = new URL(`https://${HOST}/jobs/j1`);
    expect(await signRequest({ method: "GET", url, ...KEYS }, AT, 600)).toEqual({
      authorization: authorizationOf("1658738139;1658738739", "host", "", "d5834e74e2fc5940705f50bc1882bd02beb76553"),
    });
  });

  test("parameters in an order of their own, with a + and a comma in their values, and an empty one", async () => {
    const url = new URL(
      `https://${HOST}/jobs?tag=WordsGeneralize&startCreationTime=2022-07-25T00%3A00%3A00%2B0800&states=Success%2CFailed&nextToken=`,
    );
    expect(await signRequest({ method: "GET", url, ...KEYS }, AT, 600)).toEqual({
      authorization: authorizationOf(
        "1658738139;1658738739",
        "host",
        "nexttoken;startcreationtime;states;tag",
        "a7aac9edd78d4b0be6dee13a593ab92eb9afeb49",
      ),
    });
  });

  test("temporary keys, whose token is sent and signed, and a host with a port", async () => {
    const url = new URL("http://127.0.0.1:9150/ai_jobs/a1");
    expect(await signRequest({ method: "GET", url, ...KEYS, securityToken: "token/+=" }, AT, 60)).toEqual({
      "x-ci-security-token": "token/+=",
      authorization: authorizationOf(
        "1658738139;1658738199",
        "host;x-ci-security-token",
        "",
        "b0a388b5184f91a3d313d805be1b295f31756bdb",
      ),
    });
  });
});

test("milliseconds of the clock are dropped", async () => {
  const url = new URL(`https://${HOST}/jobs/j1`);
  const request = { method: "GET", url, ...KEYS };
  expect(await signRequest(request, AT + 999, 600)).toEqual(await signRequest(request, AT, 600));
});

test("headers are sent under their names in lower case, and the host is the URL's whatever they say", async () => {
  const url = new URL(`https://${HOST}/jobs/j1`);
  const { authorization, ...headers } = await signRequest(
    { method: "GET", url, headers: { Host: "other.example", "X-Ci-Note": "a b" }, ...KEYS },
    AT,
    600,
  );
  expect(headers).toEqual({ "x-ci-note": "a b" });
  expect(authorization).toContain("q-header-list=host;x-ci-note&");
});

test("the URL's escapes must be sound", async () => {
  const url = new URL(`https://${HOST}/jobs/%zz`);
  await expect(signRequest({ method: "GET", url, ...KEYS }, AT, 600)).rejects.toBeInstanceOf(URIError);
});

describe("Tencent's own SDK signs the same", () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom(..." +%/~!'()*?&=#;,:@\\\"<>|^`{}[]$.-_", "素", "发", "😀", "é", "İ", "A", "Z"),
      fc.string({ minLength: 1, maxLength: 1 }),
    ),
    maxLength: 12,
  });
  const name = text.filter((name) => name !== "" && name !== "__proto__");

  /** What both are given, and what each gives. */
  async function both(path: string, query: Record<string, string>, headers: Record<string, string>) {
    const search = Object.entries(query).map(
      ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
    );
    const escaped = path.split("/").map(encodeURIComponent).join("/");
    const url = new URL(`https://${HOST}${escaped}${search.length > 0 ? `?${search.join("&")}` : ""}`);
    // A URL resolves segments of dots, and so does the caller who builds one.
    fc.pre(url.pathname === escaped);
    const ours = await signRequest({ method: "GET", url, headers, ...KEYS }, AT, 600);
    const theirs = util.getAuth({
      SecretId: KEYS.secretId,
      SecretKey: KEYS.secretKey,
      Method: "GET",
      Pathname: path,
      Query: query,
      Headers: { ...headers, host: HOST },
      KeyTime: "1658738139;1658738739",
    });
    return { ours: ours["authorization"], theirs };
  }

  test("for any path, one parameter of any name and value, and any header value", async () => {
    await fc.assert(
      fc.asyncProperty(text, name, text, text, async (path, name, value, header) => {
        const { ours, theirs } = await both(`/jobs/${path}`, { [name]: value }, { "x-ci-note": header });
        expect(ours).toBe(theirs);
      }),
      { numRuns: 1_000 },
    );
  });

  // Names that need no encoding: the SDK sorts the others before it encodes them in one place, and after it in another.
  const plainName = fc.stringMatching(/^[A-Za-z0-9._~-]{1,8}$/);

  test("for any number of parameters, whatever their order and case", async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(plainName, text, { maxKeys: 8, noNullPrototype: true }), async (query) => {
        const { ours, theirs } = await both("/jobs", query, {});
        expect(ours).toBe(theirs);
      }),
      { numRuns: 1_000 },
    );
  });
});
