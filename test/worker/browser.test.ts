/** What a browser gets where programs get JSON, and what the pages do beside showing: problems, a test callback, files of words. */
import { describe, expect, test } from "vitest";
import { PROBLEMS } from "../../src/problems.ts";
import { newJobId, segmentation } from "./bodies.ts";
import { form, location, page, seen, session } from "./reader.ts";
import { post, TOKEN } from "./receiver.ts";

describe("a browser that follows a link to the API", () => {
  const html = { accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8" };

  test.each([
    ["/jobs/a%2Fb?wait=1", "/ui/jobs/a%2Fb?wait=1"],
    ["/jobs/a/", "/ui/jobs/a"],
    ["/jobs?state=Failed", "/?state=Failed"],
    ["/runs/r", "/ui/runs/r"],
    ["/runs", "/ui/runs"],
    ["/deliveries/d", "/ui/deliveries/d"],
    ["/events?status=failed", "/ui/events?status=failed"],
  ])("and is signed in comes to the page: %s", async (path, to) => {
    const cookie = await session();
    expect(location(await page(path, { ...html, cookie }))).toEqual([302, to]);
  });

  test.each(["/jobs/a/raw", "/deliveries/export", "/jobs/a/deliveries"])("has no page of %s", async (path) => {
    const response = await page(path, { ...html, cookie: await session() });
    expect([response.status, response.headers.get("location")]).toEqual([401, null]);
  });

  test("with a token of its own, or as a program, gets what the API answers", async () => {
    const cookie = await session();
    const jobId = newJobId();
    await post(segmentation(jobId));
    const authorization = `Bearer ${TOKEN}`;
    expect(await (await page(`/jobs/${jobId}`, { ...html, cookie, authorization })).json()).toMatchObject({ jobId });
    expect((await page(`/jobs/${jobId}`, { cookie })).status).toBe(401);
  });

  test("sees a problem as a page in its language, with the same status and headers", async () => {
    const response = await page("/jobs/none", { ...html, "accept-language": "zh-CN" });
    const text = await response.text();
    expect([response.status, response.headers.get("content-type")]).toEqual([401, "text/html; charset=utf-8"]);
    expect(response.headers.get("www-authenticate")).toContain("Bearer");
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(text).toMatch(/<html lang="zh-Hans">[^]*需要查询令牌[^]*<p lang="en">No look-up token came/);
  });

  test("sees no difference between a wrong path and a wrong key", async () => {
    const [path, key] = await Promise.all([page("/nowhere", html), page("/callbacks/wrong-key", html)]);
    expect([path.status, key.status]).toEqual([404, 404]);
    const said = await path.text();
    expect((await key.text()).replaceAll("/callbacks/wrong-key", "")).toBe(said.replaceAll("/nowhere", ""));
    expect(said.match(/No route of this receiver has this path/g)).toHaveLength(1);
  });

  test("sees markup in an id as text", async () => {
    const headers = { ...html, authorization: `Bearer ${TOKEN}` };
    const text = await (await page(`/jobs/${encodeURIComponent("<script>x</script>")}`, headers)).text();
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text).toContain("No callback has named job &lt;script&gt;x&lt;/script&gt;.");
  });
});

describe("every problem in Chinese", () => {
  test.each(Object.keys(PROBLEMS))("has a page, without a word of the English: %s", async (code) => {
    const text = seen(await (await page(`/problems/${code}`, { "accept-language": "zh" })).text());
    const { title, meaning, remedy } = PROBLEMS[code as keyof typeof PROBLEMS];
    expect(text).toMatch(/\p{Script=Han}/u);
    for (const english of [title, meaning, remedy]) expect(text).not.toContain(english);
  });
});

describe("a test callback", () => {
  test("goes the way of every other, and leads to its job", async () => {
    const cookie = await session();
    const sent = await form("/ui/test-callback", {}, { cookie });
    const [status, path = ""] = location(sent);
    expect([status, path]).toEqual([303, expect.stringMatching(/^\/ui\/jobs\/test-[0-9a-f]{8}$/)]);
    expect(seen(await (await page(String(path), { cookie })).text())).toContain("你好");
  });

  test("is sent for who is signed in alone", async () => {
    expect(location(await form("/ui/test-callback", {}))).toEqual([303, "/ui/sign-in"]);
  });
});

describe("the words of a job", () => {
  test("come as a file of the format asked for, and of no other", async () => {
    const jobId = newJobId();
    await post(segmentation(jobId));
    const cookie = await session();
    const words = async (format: string) => page(`/ui/jobs/${jobId}/words?format=${format}`, { cookie });
    const tsv = await words("tsv");
    expect(await tsv.text()).toBe("word\toffset\tlength\tpos\n今天\t0\t2\tn\n打车\t2\t2\tn\n60\t4\t2\tn\n");
    expect(tsv.headers.get("content-disposition")).toBe('attachment; filename="words.tsv"');
    expect((await words("constructor")).status).toBe(404);
    expect((await page(`/ui/jobs/${newJobId()}/words?format=tsv`, { cookie })).status).toBe(404);
  });
});
