/** A segmentation in the hands of a reader: finds in it, follows its entities, passes a word on, takes it along, prints it. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { segmentation } from "./bodies.ts";
import { hasChromium, launch, screenshot, UNLESS_SKIPPED, visitSignedIn } from "./browser.ts";
import { startTarget, type Target } from "./deliver.ts";

describe.skipIf(!hasChromium)(`a segmentation in Chromium${UNLESS_SKIPPED}`, () => {
  let target: Target;
  let browser: Browser;

  beforeAll(async () => {
    target = await startTarget();
    browser = await launch();
    await target.post(segmentation("words-1"));
  });

  afterAll(async () => {
    await browser?.close();
    await target?.stop();
  });

  test("a search marks the words that it goes over, counts them, and leads from one to the next", async () => {
    const { page, faults, close } = await visitSignedIn(browser, target, { path: "/ui/jobs/words-1" });
    await page.locator("#find-word").fill("明在北");
    await page.keyboard.press("Enter");
    expect(await page.locator("#words > .hit").allTextContents()).toEqual(["李明", "在", "北京"]);
    expect(await page.locator("#found").textContent()).toBe("1 found");
    expect(new URL(page.url()).searchParams.get("find")).toBe("明在北");
    await page.locator("#next-found").click();
    expect(await page.evaluate("document.activeElement.textContent")).toBe("李明");
    await page.reload();
    expect(await page.locator("#words > .hit").allTextContents()).toEqual(["李明", "在", "北京"]);
    await page.locator("#find-word").fill("nowhere");
    await page.keyboard.press("Enter");
    expect(await page.locator("#found").textContent()).toBe("not found");
    expect(await page.locator("#words > .hit").count()).toBe(0);
    expect(faults).toEqual([]);
    await close();
  });

  test("an entity shows where it is, and a word has an address", async () => {
    const { page, faults, close } = await visitSignedIn(browser, target, { path: "/ui/jobs/words-1" });
    const entity = page.locator("[data-find]").first();
    const word = (await entity.getAttribute("data-find")) ?? "";
    await entity.click();
    expect((await page.locator("#words > .hit").allTextContents()).join("")).toBe(word);
    const address = page.url();
    expect(new URL(address).hash).toMatch(/^#w\d+$/);
    const focused = await page.evaluate("document.activeElement.textContent");
    await page.goto("/");
    await page.goto(address);
    expect(await page.evaluate("document.activeElement.textContent")).toBe(focused);
    expect(faults).toEqual([]);
    await close();
  });

  test("tags stand under the words, and are not of the text that is found", async () => {
    const { page, faults, close } = await visitSignedIn(browser, target, { path: "/ui/jobs/words-1" });
    await page.locator(".switch a", { hasText: "With tags" }).click();
    await page.locator("#words.tagged").waitFor();
    expect(await page.locator("#words rt").first().textContent()).toBe("t");
    await page.locator("#find-word").fill("今天李明");
    await page.keyboard.press("Enter");
    expect(await page.locator("#found").textContent()).toBe("1 found");
    await screenshot(page, "tags");
    expect(faults).toEqual([]);
    await close();
  });

  test("the words are downloaded and copied", async () => {
    const { page, faults, close } = await visitSignedIn(browser, target, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    await page.goto("/ui/jobs/words-1");
    await page.locator(".downloads summary").click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.locator(".downloads a", { hasText: "CoNLL-U" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("words.conllu");
    await page.locator(".downloads li", { hasText: "word/tag" }).getByRole("button").click();
    await page.locator(".downloads button", { hasText: "Copied" }).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toMatch(/^今天\/t 李明\/nr /);
    expect(faults).toEqual([]);
    await close();
  });

  test("the legend is folded on a narrow screen and open on a wide one; paper has everything", async () => {
    const narrow = await visitSignedIn(browser, target, { viewport: { width: 375, height: 812 } });
    await narrow.page.goto("/ui/jobs/words-1");
    expect(await narrow.page.locator("#legend .key").first().isVisible()).toBe(false);
    await narrow.page.locator("#legend summary").click();
    expect(await narrow.page.locator("#legend .key").first().isVisible()).toBe(true);
    await narrow.close();

    const { page, faults, close } = await visitSignedIn(browser, target, { path: "/ui/jobs/words-1" });
    expect(await page.locator("#legend .key").first().isVisible()).toBe(true);
    await page.emulateMedia({ media: "print" });
    expect(await page.locator("#words").evaluate((words) => getComputedStyle(words).maxHeight)).toBe("none");
    expect(await page.locator("pre.body").isVisible()).toBe(true);
    expect(await page.locator(".top").isVisible()).toBe(false);
    expect(faults).toEqual([]);
    await close();
  });
});
