/** The pages as a reader meets them: signs in, sees a callback come, opens it, points at a word, reads again, signs out. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BROKEN, MARKUP, markupEverywhere, segmentation, transcode, workflow } from "./bodies.ts";
import { hasChromium, UNLESS_SKIPPED, launch, screenshot, signIn, visit, visitSignedIn } from "./browser.ts";
import { TOKEN } from "./server.ts";
import { startTarget, type Target } from "./deliver.ts";

describe.skipIf(!hasChromium)(`the pages in Chromium${UNLESS_SKIPPED}`, () => {
  let target: Target;
  let browser: Browser;

  beforeAll(async () => {
    target = await startTarget();
    browser = await launch();
  });

  afterAll(async () => {
    await browser?.close();
    await target?.stop();
  });

  test("a wrong token is refused in words, and a right one leads to a page that says how to begin", async () => {
    const visited = await visit(browser, target);
    const { page, faults } = visited;
    await signIn(visited, "wrong");
    expect(await page.locator("#token-fault").textContent()).toBe("This is not one of this receiver's look-up tokens.");
    expect(faults).toEqual([
      "console: Failed to load resource: the server responded with a status of 401 (Unauthorized)",
    ]);
    await signIn(visited);
    expect(await page.locator("#callback-url").textContent()).toBe(`${target.base}/callbacks/<key>`);
    expect(await page.evaluate("document.cookie")).toBe("");
    await visited.close();
  });

  test("a callback that another process posts appears by itself; its words say what they are; the legend filters", async () => {
    const { page, faults, close } = await visitSignedIn(browser, target);
    expect(await target.post(segmentation("seen-1"))).toBe(200);
    const row = page.locator('#jobs li[data-key="seen-1"]');
    await row.waitFor();
    expect(await page.locator("#states").innerText()).toContain("1 in all");

    await row.getByRole("link").click();
    await page.waitForURL("**/ui/jobs/seen-1");
    const word = page.locator("#words > span", { hasText: "打车" });
    await word.hover();
    const says = await word.evaluate((span) => getComputedStyle(span, "::after").content);
    expect(says).toBe('"打车 · offset 7 · length 2 · verb (v)"');
    await screenshot(page, "segmentation");

    await page.locator("#legend .key", { hasText: "verb" }).click();
    expect(await page.locator("#words > span:not(.dim)").allTextContents()).toEqual(["打车", "花"]);
    expect(new URL(page.url()).searchParams.getAll("pos")).toEqual(["v"]);
    await page.reload();
    expect(await page.locator("#words > span:not(.dim)").allTextContents()).toEqual(["打车", "花"]);
    await page.locator("#legend .all").click();
    expect(await page.locator("#words > span.dim").count()).toBe(0);
    expect(faults).toEqual([]);
    await close();
  });

  test("the words are one stop of the Tab key, and the arrows go from word to word and tell each", async () => {
    const { page, faults, close } = await visitSignedIn(browser, target, { path: "/ui/jobs/seen-1" });
    expect(await page.locator('#words > span[tabindex="0"]').count()).toBe(1);
    await page.locator("#words > span").first().focus();
    await page.keyboard.press("ArrowRight");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("李明");
    expect(await page.locator("#announce").textContent()).toBe("李明 · offset 2 · length 2 · person name (nr)");
    await page.keyboard.press("End");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("。");
    expect(faults).toEqual([]);
    await close();
  });

  test("a job that runs shows its end by itself, and one not heard of shows when it is", async () => {
    const running = await visitSignedIn(browser, target);
    await target.post(transcode("runs-1", "Running", "-"));
    await running.page.goto("/ui/jobs/runs-1");
    expect(await running.page.locator("h1 + p .badge").textContent()).toBe("Running");
    await target.post(transcode("runs-1", "Success", "2026-03-01T10:00:09+0800"));
    await running.page.locator("h1 + p .badge", { hasText: "Success" }).waitFor();
    expect(await running.page.locator("body").getAttribute("data-every")).toBeNull();
    expect(running.faults).toEqual([]);
    await running.close();

    const { page, close } = await visitSignedIn(browser, target, { path: "/ui/jobs/later-1" });
    expect(await page.locator("h1").textContent()).toBe("No callback for this job yet");
    await target.post(transcode("later-1", "Success", "2026-03-01T10:00:09+0800"));
    await page.locator("h1 + p .badge", { hasText: "Success" }).waitFor();
    await close();
  });

  test("new jobs wait behind a button while the reader is further down, and what is read does not move", async () => {
    const { page, faults, close } = await visitSignedIn(browser, target, { viewport: { width: 1280, height: 300 } });
    await page.mouse.wheel(0, 200);
    await page.waitForFunction("scrollY > 0");
    const row = page.locator('#jobs li[data-key="seen-1"]');
    const before = await row.boundingBox();
    await target.post(segmentation("news-1"));
    await target.post(segmentation("news-2"));
    await page.locator("#news").waitFor();
    await page.waitForFunction("document.getElementById('news').textContent === '2 new'");
    expect(await row.boundingBox()).toEqual(before);
    await page.locator("#news").click();
    expect(await page.locator("#jobs li").first().getAttribute("data-key")).toBe("news-2");
    expect(faults).toEqual([]);
    await close();
  });

  test("filters stand in the address, and pages have a next and a previous", async () => {
    await Promise.all(Array.from({ length: 25 }, (_, index) => target.post(segmentation(`many-${index}`, "many.txt"))));
    const { page, faults, close } = await visitSignedIn(browser, target);
    await page.locator(".filters summary").click();
    await page.locator("#filter-object").fill("many.txt");
    await page.locator(".filters button").click();
    await page.waitForURL((url) => url.searchParams.get("object") === "many.txt");
    const first = await page.locator("#jobs li").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-key")));
    expect(first).toHaveLength(20);
    await page.locator("a[rel=next]").click();
    await page.waitForURL("**cursor=**");
    expect(await page.locator("#jobs li").count()).toBe(5);
    await page.locator("a[rel=prev]").click();
    await page.waitForURL((url) => !url.searchParams.has("cursor"));
    expect(
      await page.locator("#jobs li").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-key"))),
    ).toEqual(first);
    expect(faults).toEqual([]);
    await close();
  });

  test("quarantine shows what could not be read and where, and reading again brings a job back", async () => {
    await target.post(BROKEN);
    await target.post(segmentation("mended-1", "mended.txt"));
    // As a delivery that an earlier reader could not read: kept, and no job of it.
    await target.sql(
      `UPDATE deliveries SET status = 'quarantined', reason_code = 'malformed-body', reason = 'An older reader.', line = 1, column_number = 3
       WHERE id = (SELECT delivery_id FROM jobs WHERE job_id = 'mended-1'); DELETE FROM jobs WHERE job_id = 'mended-1'`,
    );
    const { page, faults, close } = await visitSignedIn(browser, target);
    await page.locator("#sections a", { hasText: "Quarantine 2" }).click();
    const broken = page.locator("#deliveries li", { hasText: "AT&T" });
    expect(await broken.locator("mark").textContent()).toBe("&");
    expect(await broken.locator(".reason").innerText()).toContain("Line 3, column 16");
    await screenshot(page, "quarantine");
    await broken.getByRole("button").click();
    await page.locator("[role=status].alert", { hasText: "still cannot be parsed" }).waitFor();

    await page.locator("#sections a", { hasText: "Quarantine 2" }).click();
    await page.locator("#deliveries li", { hasText: "An older reader." }).getByRole("button").click();
    await page.locator(".success", { hasText: "It is about 1 job" }).waitFor();
    await page.getByRole("link", { name: "mended-1" }).click();
    expect(await page.locator("h1").textContent()).toBe("mended.txt");
    expect(faults).toEqual([]);
    await close();
  });

  test("markup in every field of a payload shows as text, runs nothing, and fetches nothing", async () => {
    const jobId = `${MARKUP}/job`;
    expect(await target.post(markupEverywhere(jobId))).toBe(200);
    expect(await target.post(`{"a": ${MARKUP}`)).toBe(400);
    const { page, faults, close } = await visitSignedIn(browser, target);
    const job = `/ui/jobs/${encodeURIComponent(jobId)}`;
    const run = `/ui/runs/${encodeURIComponent(`${MARKUP}run`)}`;
    const paths = [
      "/",
      `/?object=${encodeURIComponent(MARKUP)}`,
      job,
      `${job}?as=table&pos=${encodeURIComponent(MARKUP)}`,
    ];
    for (const path of [...paths, run, "/ui/deliveries", "/ui/deliveries?status=quarantined"]) {
      await page.goto(path);
      expect(await page.locator("main").innerText()).toContain("<script>window.ran = 1</script>");
      expect(await page.evaluate("window.ran")).toBeUndefined();
    }
    await page.goto(job);
    await page.locator('.margin a[href^="/ui/deliveries/"]').click();
    await page.locator("pre.body").waitFor();
    await page.goto("/");
    await page.locator(`#jobs a`, { hasText: "window.ran" }).first().click();
    await page.locator("h1", { hasText: "window.ran" }).waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("a run shows its tasks on one axis, each a link", async () => {
    await target.post(workflow("run-1", "run-1-job"));
    const { page, faults, close } = await visitSignedIn(browser, target, { path: "/ui/find?q=run-1" });
    expect(await page.locator(".tasks .task-name").allInnerTexts()).toEqual([
      expect.stringContaining("Transcode_1"),
      expect.stringContaining("Snapshot_1"),
    ]);
    await screenshot(page, "run");
    await page.locator(".tasks a").first().click();
    await page.waitForURL("**/ui/jobs/run-1-job");
    expect(faults).toEqual([]);
    await close();
  });

  test("without script everything is there but the live updates", async () => {
    const { page, close } = await visitSignedIn(browser, target, { javaScriptEnabled: false });
    await page.locator("#find").fill("seen-1");
    await page.locator(".find button").click();
    await page.waitForURL("**/ui/jobs/seen-1");
    await page.locator("#legend .key", { hasText: "place name" }).click();
    await page.waitForURL("**/ui/jobs/seen-1?pos=ns*");
    expect(await page.locator("#words > :not(.dim)").allTextContents()).toEqual(["北京"]);
    await page.locator("#find-word").fill("明在");
    await page.keyboard.press("Enter");
    await page.waitForURL("**find=*");
    expect(await page.locator("#words > .hit").allTextContents()).toEqual(["李明", "在"]);
    await page.locator(".switch a", { hasText: "Table" }).click();
    await page.waitForURL("**as=table*");
    expect(await page.locator("td.word").allTextContents()).toEqual(["北京"]);
    await page.getByRole("link", { name: "Word 4 in the text" }).click();
    await page.waitForURL("**/ui/jobs/seen-1#w3");
    expect(await page.locator("#words > :target").textContent()).toBe("北京");
    await close();
  });

  test("the interface speaks the reader's language, and switches", async () => {
    const { page, faults, close } = await visitSignedIn(browser, target, { locale: "zh-CN" });
    expect(await page.locator("h1").textContent()).toBe("任务");
    await page.goto("/ui/jobs/seen-1?pos=v");
    expect(await page.locator("#words > span").first().getAttribute("data-d")).toBe(
      "今天 · 偏移 0 · 长度 2 · 时间词 (t)",
    );
    await page.getByRole("button", { name: "English" }).click();
    await page.locator("#legend .key", { hasText: "time word" }).waitFor();
    expect(new URL(page.url()).search).toBe("?pos=v");
    expect(faults).toEqual([]);
    await close();
  });

  test("signing out ends it: every page asks for the token again, and leads back", async () => {
    const { page, faults, close } = await visitSignedIn(browser, target);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.locator("#token").waitFor();
    await page.goto("/ui/jobs/seen-1");
    expect(new URL(page.url()).pathname).toBe("/ui/sign-in");
    await page.locator("#token").fill(TOKEN);
    await page.locator(".sign-in button").click();
    await page.waitForURL("**/ui/jobs/seen-1");
    expect(faults).toEqual([]);
    await close();
  });
});
