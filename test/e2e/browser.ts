/** A real Chromium, and pages in it that note whatever must not happen: errors, requests to other hosts, dialogs. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { Target } from "./deliver.ts";
import { TOKEN } from "./server.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

export const hasChromium = existsSync(CHROMIUM);

/** For the name of what is skipped without one. */
export const UNLESS_SKIPPED = hasChromium ? "" : ` (skipped: there is no ${CHROMIUM})`;

export const launch = (): Promise<Browser> => chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });

export interface Visit {
  page: Page;
  /** What must not have happened, in words. */
  faults: string[];
  close: () => Promise<void>;
}

export async function visit(browser: Browser, { base }: Target, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ baseURL: base, viewport: { width: 1280, height: 860 }, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== base) faults.push(`request to ${request.url()}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, faults, close: () => context.close() };
}

export async function signIn({ page }: Pick<Visit, "page">, token: string = TOKEN): Promise<void> {
  await page.goto("/");
  await page.locator("#token").fill(token);
  await page.locator(".sign-in button").click();
}

type Options = BrowserContextOptions & {
  /** What is opened first. */
  path?: string;
};

/** Pages that a test is done with, by what they were opened with. Opening one costs four times what loading a page does. */
const donePages = new WeakMap<Browser, Map<string, Visit[]>>();

/** A visit that is signed in. It may be on the page of an earlier test, put back to what a new one is. */
export async function visitSignedIn(
  browser: Browser,
  target: Target,
  { path = "/", ...options }: Options = {},
): Promise<Visit> {
  const done = donePages.get(browser) ?? new Map<string, Visit[]>();
  donePages.set(browser, done);
  const kind = JSON.stringify([target.base, options]);
  const pages = done.get(kind) ?? [];
  done.set(kind, pages);
  const opened = pages.pop() ?? (await visit(browser, target, options));
  const { page, faults } = opened;
  const context = page.context();
  const form = { form: { token: TOKEN }, headers: { origin: target.base }, maxRedirects: 0 };
  await context.request.post("/ui/sign-in", form);
  faults.length = 0;
  await page.goto(path);
  const close = async () => {
    await page.evaluate("localStorage.clear()");
    await page.emulateMedia({ media: null });
    await context.clearCookies();
    pages.push(opened);
  };
  return { page, faults, close };
}

const SHOTS = process.env["SCREENSHOTS"];

/** A picture for people, in the folder that `SCREENSHOTS` names. Never compared, since fonts differ from machine to machine. */
export async function screenshot(page: Page, name: string): Promise<void> {
  if (SHOTS === undefined) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
}
