/** Pages that keep themselves up to date under a reader who is doing something: nothing of theirs is lost, and nothing is hidden. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BROKEN, segmentation, transcode, workflow } from "./bodies.ts";
import { hasChromium, launch, screenshot, UNLESS_SKIPPED, visitSignedIn } from "./browser.ts";
import { startTarget, type Target } from "./deliver.ts";
import { TOKEN } from "./server.ts";

const ENDED = "2026-03-01T10:00:09+0800";

describe.skipIf(!hasChromium)(`live pages in Chromium${UNLESS_SKIPPED}`, () => {
  let target: Target;
  let browser: Browser;

  beforeAll(async () => {
    target = await startTarget();
    browser = await launch();
    await target.post(segmentation("first-1"));
  });

  afterAll(async () => {
    await browser?.close();
    await target?.stop();
  });

  test("a job that no longer matches leaves, and the list says that it is empty; what the reader was typing stays", async () => {
    const { page, faults, close } = await visitSignedIn(browser, target);
    await target.post(transcode("leaves-1", "Running", "-"));
    await page.goto("/?state=Running");
    await page.locator('#jobs li[data-key="leaves-1"]').waitFor();
    await page.locator("#filters summary").click();
    const field = page.locator("#filter-object");
    await field.pressSequentially("half a na");
    await target.post(transcode("leaves-1", "Success", ENDED));
    await page.locator(".none", { hasText: "No job matches" }).waitFor();
    expect(await page.locator("#jobs li").count()).toBe(0);
    await field.pressSequentially("me");
    expect(await field.inputValue()).toBe("half a name");
    expect(await page.locator("#states a[aria-current]").innerText()).toBe("Running 0");
    expect(faults).toEqual([]);
    await close();
  });

  test("a page of a job changes under the reader without taking focus, selection or what is open, and tells its state", async () => {
    const { page, faults, close } = await visitSignedIn(browser, target);
    await target.post(transcode("reads-1", "Running", "-"));
    await page.goto("/ui/jobs/reads-1");
    const bytes = page.locator("details.later", { hasText: "Raw body" });
    await bytes.locator("summary").click();
    await page.locator("h1").evaluate((title) => getSelection()?.selectAllChildren(title));
    await page.locator("#curl").focus();
    await target.post(transcode("reads-1", "Success", ENDED));
    await page.locator("h1 + p .badge", { hasText: "Success" }).waitFor();
    expect(await bytes.evaluate((details: HTMLDetailsElement) => details.open)).toBe(true);
    expect(await page.evaluate("document.activeElement.id")).toBe("curl");
    expect(await page.evaluate("getSelection().toString()")).toBe("lecture.mp4");
    expect(await page.locator("#announce").textContent()).toBe("lecture.mp4: Success");
    expect(await page.locator("#live").isHidden()).toBe(true);
    expect(faults).toEqual([]);
    await close();
  });

  test("more arrivals than a page are said, and a mark tells that others lie between", async () => {
    const { page, faults, close } = await visitSignedIn(browser, target, { viewport: { width: 1280, height: 300 } });
    await page.locator("#live").click();
    await page.mouse.wheel(0, 120);
    await page.waitForFunction("scrollY > 0");
    await Promise.all(Array.from({ length: 25 }, (_, index) => target.post(segmentation(`flood-${index}`))));
    await page.locator("#live").evaluate((button: HTMLElement) => button.click());
    await page.locator("#news", { hasText: "20+ new" }).waitFor();
    expect(await page.locator("#announce").textContent()).toBe("20+ new");
    await page.locator("#news").click();
    const keys = await page.locator("#jobs li[data-key]").evaluateAll((rows) => rows.map((row) => row.dataset["key"]));
    expect(keys).toHaveLength(20);
    expect(keys.every((key) => key?.startsWith("flood-"))).toBe(true);
    await page.locator("#jobs .gap", { hasText: "More came than one page shows" }).waitFor();
    await screenshot(page, "gap");
    await page.locator("a[rel=next]").click();
    await page.locator('#jobs li[data-key="first-1"]').waitFor();
    expect(faults).toEqual([]);
    await close();
  });

  test("the page says how fresh it is, can be paused, and says when the receiver is out of reach", async () => {
    const { page, close } = await visitSignedIn(browser, target);
    const status = page.locator("#live");
    await page.locator("#live", { hasText: /^Live · / }).waitFor();
    await status.click();
    expect([await status.textContent(), await status.getAttribute("aria-pressed")]).toEqual(["Paused", "true"]);
    await status.click();
    await page.context().setOffline(true);
    await page.locator("#live", { hasText: "Offline, retrying" }).waitFor();
    await page.locator("#announce", { hasText: "Offline, retrying" }).waitFor({ state: "attached" });
    await page.context().setOffline(false);
    await page.locator("#live", { hasText: /^Live · / }).waitFor();
    await close();
  });

  test("lists of deliveries and runs follow too, and a run until its last job has ended", async () => {
    const { page, faults, close } = await visitSignedIn(browser, target, { path: "/ui/deliveries?status=quarantined" });
    await target.post(BROKEN);
    await page.locator("#deliveries li", { hasText: "AT&T" }).waitFor();
    expect(await page.locator("#sections a", { hasText: "Quarantine" }).innerText()).toBe("Quarantine 1");

    await page.goto("/ui/runs/live-run");
    expect(await page.locator("h1").innerText()).toBe("No callback for this workflow run yet");
    await target.post(workflow("live-run", "live-run-job"));
    await page.locator("h1", { hasText: "nightly" }).waitFor();
    expect(await page.title()).toContain("nightly");
    // The page of a run that is not known is one with status 404.
    expect(faults.filter((fault) => !fault.includes("404"))).toEqual([]);
    await close();
  });

  test("/ leads to the search, j and k from row to row, and Enter opens", async () => {
    const { page, faults, close } = await visitSignedIn(browser, target);
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await page.keyboard.press("j");
    const second = await page.locator("#jobs li[data-key]").nth(1).getAttribute("data-key");
    await page.keyboard.press("Enter");
    await page.waitForURL(`**/ui/jobs/${second}`);
    await page.keyboard.press("/");
    await page.keyboard.type("first-1/j");
    expect(await page.locator("#find").inputValue()).toBe("first-1/j");
    expect(faults).toEqual([]);
    await close();
  });

  test("times are in the reader's zone with its offset, and in UTC, which a list has in the title; a button shows them all", async () => {
    const { page, faults, close } = await visitSignedIn(browser, target, { timezoneId: "Asia/Shanghai" });
    const time = page.locator("#jobs time").first();
    expect(await time.textContent()).toMatch(/ago|now/);
    await page.locator("#times").click();
    expect(await time.textContent()).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+08:00$/);
    expect(await time.getAttribute("title")).toMatch(/^.*(?:ago|now) · .*\d\d:\d\d:\d\d UTC$/);
    await page.goto("/ui/jobs/leaves-1");
    expect(await page.locator(".timeline time").first().textContent()).toBe("2026-03-01 10:00:00 +08:00\n02:00:00 UTC");
    expect(faults).toEqual([]);
    await close();
  });

  test("a copy that fails says so", async () => {
    const { page, close } = await visitSignedIn(browser, target, { path: "/ui/jobs/first-1" });
    await page.evaluate("navigator.clipboard.writeText = () => Promise.reject(new Error('denied'))");
    await page.locator("[data-copy=curl]").click();
    await page.locator("[data-copy=curl]", { hasText: "Not copied" }).waitFor();
    expect(await page.locator("#announce").textContent()).toBe("Not copied");
    await close();
  });

  test("an overdue job says so in a list on a narrow screen too", async () => {
    await fetch(`${target.base}/jobs/overdue-1/expectation`, {
      method: "PUT",
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ within: 1 }),
    });
    const { page, faults, close } = await visitSignedIn(browser, target, { viewport: { width: 375, height: 812 } });
    const row = page.locator("#jobs li", { hasText: "overdue-1" });
    await expect
      .poll(
        async () => {
          await page.goto("/ui/overdue");
          return row.locator(".badge", { hasText: "Overdue" }).isVisible();
        },
        { timeout: 10_000 },
      )
      .toBe(true);
    expect(await row.locator(".job-key").isVisible()).toBe(false);
    expect(faults).toEqual([]);
    await close();
  });

  test("a row of a list takes two lines on a narrow screen, and the first one is in sight", async () => {
    const narrow = { viewport: { width: 375, height: 812 } };
    const { page, faults, close } = await visitSignedIn(browser, target, narrow);
    const row = await page.locator("#jobs li").first().boundingBox();
    expect((row?.y ?? 812) + (row?.height ?? 0)).toBeLessThan(812);
    const lines = await page
      .locator("#jobs li > *")
      .evaluateAll((cells) => cells.slice(0, 6).map((cell) => cell.getClientRects()[0]?.bottom ?? 0));
    expect(new Set(lines.filter((bottom) => bottom > 0).map((bottom) => Math.round(bottom / 20))).size).toBe(2);
    expect(faults).toEqual([]);
    await close();
  });
});
