/** The pages as HTTP: who gets in and for how long, what a form from elsewhere gets, and what the script is told. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { newJobId, segmentation } from "./bodies.ts";
import { faultyD1, NO_FAULTS, seeded } from "./faults.ts";
import { cookieOf, form, location, ORIGIN, page, pageText, seen, session } from "./reader.ts";
import { post, TOKEN } from "./receiver.ts";

describe("signing in", () => {
  test("gives a cookie that scripts cannot read, that other sites cannot send with a form, and that expires", async () => {
    const response = await form("/ui/sign-in", { token: TOKEN, back: "/ui/jobs/a?pos=v" });
    expect(location(response)).toEqual([303, "/ui/jobs/a?pos=v"]);
    const [value, ...attributes] = (response.headers.get("set-cookie") ?? "").split("; ");
    expect(value).toMatch(/^__Host-session=\d{10}\./);
    expect(attributes.toSorted()).toEqual(["HttpOnly", "Max-Age=604800", "Path=/", "SameSite=Lax", "Secure"]);
    expect(value).not.toContain(TOKEN);
  });

  test.each([
    "https://elsewhere.example/",
    "//elsewhere.example",
    "/\\elsewhere.example",
    "javascript:alert(1)",
    "///x",
  ])("leads back to this receiver alone, whatever was asked: %s", async (back) => {
    const response = await form("/ui/sign-in", { token: TOKEN, back });
    expect(new URL(response.headers.get("location") ?? "", ORIGIN).origin).toBe(ORIGIN);
  });

  test("refuses a wrong token in words, and after many from one address says to wait", async () => {
    const from = { "cf-connecting-ip": "198.51.100.77" };
    const wrong = await form("/ui/sign-in", { token: "wrong" }, from);
    expect([wrong.status, wrong.headers.get("set-cookie")]).toEqual([401, null]);
    expect(await wrong.text()).toContain("not one of this receiver&#39;s look-up tokens");
    const spent = { REFUSALS: { limit: async () => ({ success: false }) } };
    const late = await form("/ui/sign-in", { token: "wrong" }, from, spent);
    expect([late.status, late.headers.get("retry-after")]).toEqual([429, "60"]);
    expect((await form("/ui/sign-in", { token: TOKEN }, from, spent)).status).toBe(303);
  });

  test("says so where no token is set", async () => {
    const response = await page("/ui/sign-in", {}, { LOOKUP_TOKENS: "" });
    expect(await response.text()).toContain("npx wrangler secret put LOOKUP_TOKENS");
  });
});

describe("a session", () => {
  test("opens the pages, and nothing of the API", async () => {
    const cookie = await session();
    expect((await page("/", { cookie })).status).toBe(200);
    expect((await page("/jobs", { cookie })).status).toBe(401);
  });

  test("lasts as long as the token it was opened with is one", async () => {
    const both = { LOOKUP_TOKENS: "first,second" };
    const cookie = await session("first", both);
    expect((await page("/", { cookie }, both)).status).toBe(200);
    const rotated = await page("/ui/runs/r", { cookie }, { LOOKUP_TOKENS: "second" });
    expect(location(rotated)).toEqual([303, "/ui/sign-in?back=%2Fui%2Fruns%2Fr"]);
  });

  test("cannot be prolonged by who has it", async () => {
    const cookie = await session();
    const later = cookie.replace(/=\d{10}/, `=${Math.floor(Date.now() / 1000) + 99_999_999}`);
    expect(location(await page("/ui/runs/r", { cookie: later }))).toEqual([303, "/ui/sign-in?back=%2Fui%2Fruns%2Fr"]);
  });

  test("ends when its time is up", async () => {
    const until = "1000000000";
    const key = await crypto.subtle.importKey(
      "raw",
      new TextEncoder().encode(`page session ${TOKEN}`),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(until)));
    const cookie = `__Host-session=${encodeURIComponent(`${until}.${signature.toBase64()}`)}`;
    expect(location(await page("/ui/find", { cookie }))[0]).toBe(303);
    expect(await (await page("/", { cookie })).text()).toContain('id="token"');
  });

  test("is over after signing out", async () => {
    const response = await form("/ui/sign-out", {}, { cookie: await session() });
    expect(location(response)).toEqual([303, "/ui/sign-in"]);
    expect(response.headers.get("set-cookie")).toMatch(/^__Host-session=; Max-Age=0; Path=\/; HttpOnly; Secure/);
  });
});

describe("a form from another site", () => {
  test.each([
    "/ui/sign-in",
    "/ui/sign-out",
    "/ui/language",
    "/ui/deliveries/reparse",
    "/ui/deliveries/x/reparse",
    "/ui/events/resend",
    "/ui/events/x/resend",
  ])("is refused at %s", async (path) => {
    const headers = { cookie: await session(), origin: "https://elsewhere.example", "sec-fetch-site": "cross-site" };
    const response = await form(path, { token: TOKEN }, headers);
    expect([response.status, response.headers.get("set-cookie")]).toEqual([403, null]);
  });
});

describe("every page", () => {
  test.each(["/ui/sign-in", "/problems", "/problems/not-found", "/docs", "/"])(
    "is kept from caches, frames, and whatever is not of this receiver: %s",
    async (path) => {
      const { headers } = await page(path, { cookie: await session() });
      expect(headers.get("content-security-policy")).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
          "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      );
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    },
  );

  test("names its stylesheet and script by their content, and they are there for a year", async () => {
    const text = await (await page("/ui/sign-in", {})).text();
    const paths = [...text.matchAll(/\/ui\/assets\/page\.[0-9a-f]{14}\.(?:css|js)/g)].map(([path]) => path);
    expect(paths).toHaveLength(2);
    for (const path of paths) {
      const { status, headers } = await page(path, {});
      expect([status, headers.get("cache-control")]).toEqual([200, "public, max-age=31536000, immutable"]);
    }
  });

  test("has no script and no style but these two", async () => {
    const cookie = await session();
    await post(segmentation(newJobId()));
    const text = await (await page("/", { cookie })).text();
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text).not.toMatch(/<style|\sstyle=|\son[a-z]+=/);
  });

  test("explains problems even where a setting is wrong", async () => {
    expect((await page("/problems/not-ready", {}, { STORE: "nonsense" })).status).toBe(200);
  });

  test("speaks the language that the reader asks for, and the one chosen before that", async () => {
    const language = async (headers: Record<string, string>) =>
      /<html lang="([^"]+)"/.exec(await (await page("/ui/sign-in", headers)).text())?.[1];
    expect(await language({})).toBe("en");
    expect(await language({ "accept-language": "zh-CN,zh;q=0.9,en;q=0.8" })).toBe("zh-Hans");
    expect(await language({ "accept-language": "en;q=0.5, fr, zh-Hant-TW ;q=0.8" })).toBe("zh-Hans");
    expect(await language({ "accept-language": "fr, *;q=0.1" })).toBe("en");
    const chosen = await form("/ui/language", { language: "en", back: "/ui/sign-in" });
    const cookie = cookieOf(chosen);
    expect(await language({ "accept-language": "zh-CN", cookie })).toBe("en");
  });
});

describe("the list", () => {
  test("answers 304 to who has seen it, until a delivery comes", async () => {
    const cookie = await session();
    const text = await (await page("/", { cookie })).text();
    const etag = /data-etag="([^ ]*)" data-every/.exec(text)?.[1]?.replaceAll("&quot;", '"') ?? "";
    expect((await page("/", { cookie, "if-none-match": etag })).status).toBe(304);
    await post(segmentation(newJobId()));
    expect((await page("/", { cookie, "if-none-match": etag })).status).toBe(200);
    expect((await page("/", { "if-none-match": etag })).status).toBe(401);
  });

  test("walks on and back through every job once", async () => {
    const cookie = await session();
    const tag = `walk-${newJobId()}`;
    const ids = Array.from({ length: 45 }, () => newJobId());
    for (const id of ids) await post(segmentation(id, { Tag: tag }));
    const pages: string[][] = [];
    const paths: string[] = [];
    let path: string | undefined = `/?tag=${tag}`;
    while (path !== undefined) {
      paths.push(path);
      const text: string = await (await page(path, { cookie })).text();
      pages.push([...text.matchAll(/data-key="([^"]+)"/g)].map(([, id]) => id as string));
      const previous = /<a href="([^"]+)" rel="prev"/.exec(text)?.[1]?.replaceAll("&amp;", "&");
      expect(previous).toBe(paths.at(-2));
      path = /<a href="([^"]+)" rel="next"/.exec(text)?.[1]?.replaceAll("&amp;", "&");
    }
    expect(pages.map((found) => found.length)).toEqual([20, 20, 5]);
    expect(pages.flat().toSorted()).toEqual(ids.toSorted());
  });

  test.each([
    ["receivedAfter=yesterday", "“Received after” must be a time in ISO 8601 with a zone, or a date."],
    ["cursor=nonsense", "cursor was not issued by this receiver."],
  ])("says what is wrong with ?%s", async (query, says) => {
    const response = await page(`/?${query}`, { cookie: await session() });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(says)]);
  });

  test("leaves empty filters out of the address", async () => {
    const response = await page("/?state=&object=a%2Fb&tag=&receivedAfter=", { cookie: await session() });
    expect(location(response)).toEqual([303, "/?object=a%2Fb"]);
  });

  test("has its form folded, whatever is filtered by, and a chip for each filter", async () => {
    const text = await pageText("/?state=Failed&tag=ReviewImage");
    expect(text).toContain('<details id="filters">');
    expect(text).toMatch(/href="\/\?tag=ReviewImage"[^]*State: <bdi>Failed/);
    expect(text).toMatch(/href="\/\?state=Failed"[^]*Tag: <bdi>Image moderation/);
  });

  test("shows the verdict of a moderation, and finds it by the type that it shows", async () => {
    const bucket = newJobId();
    const review = (jobId: string, Result: number) =>
      post(
        JSON.stringify({
          EventName: "ReviewImage",
          JobsDetail: { JobId: jobId, State: "Success", Result, BucketId: bucket },
        }),
      );
    const [blocked, passed] = [newJobId(), newJobId()];
    await review(blocked, 1);
    await review(passed, 0);
    await post(segmentation(newJobId()));
    const text = await pageText("/?tag=ReviewImage");
    const rows = text
      .split("data-key=")
      .slice(1)
      .map((row) => seen(`<main ${row}</main>`));
    expect(rows.slice(0, 2)).toEqual([
      expect.stringMatching(/^Pass .*Image moderation/),
      expect.stringMatching(/^Block .*Image moderation/),
    ]);
    expect(rows.every((row) => row.includes("Image moderation"))).toBe(true);
    await env.DB.prepare("UPDATE deliveries SET body = NULL WHERE id = (SELECT delivery_id FROM jobs WHERE job_id = ?)")
      .bind(blocked)
      .run();
    expect(seen(await pageText(`/?tag=ReviewImage`))).toMatch(new RegExp(`Unknown ${blocked}`));
    expect(seen(await pageText("/ui/deliveries"))).toContain("Image moderation");
  });

  test("offers with KV only the filters that KV has, and refuses others in words", async () => {
    const kv = { STORE: "kv" };
    const cookie = await session(TOKEN, kv);
    const text = await (await page("/?runId=none", { cookie }, kv)).text();
    expect([...text.matchAll(/ name="(\w+)"/g)].map(([, name]) => name)).toEqual(
      expect.arrayContaining(["runId", "receivedAfter", "receivedBefore"]),
    );
    expect(text).not.toContain('name="bucket"');
    const refused = await page("/?bucket=b", { cookie }, kv);
    expect([refused.status, await refused.text()]).toEqual([
      400,
      expect.stringContaining("STORE=kv cannot filter by bucket"),
    ]);
  });
});

test("a store that fails shows as a page, with what the problem means", async () => {
  const down = { DB: faultyD1(env.DB, { ...NO_FAULTS, down: true }, seeded(1)), STORE_DEADLINE_MILLISECONDS: "100" };
  const response = await page("/ui/runs/r", { cookie: await session() }, down);
  expect(response.headers.get("content-type")).toContain("text/html");
  expect(response.status).toBe(503);
});
