/**
 * What the handlers of pages share: what all pages pass, what a page is told, an error as a page, and how a page that
 * the script asks for again says "as before".
 */
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import { getCookie } from "hono/cookie";
import { HTTPException } from "hono/http-exception";
import { ASSET_PATHS } from "../assets/assets.ts";
import { faultPage, type Live } from "../views/layout.ts";
import { problemFault } from "../views/problems.ts";
import { LANGUAGES, type Language, textsOf, type View } from "../view.ts";
import { PROBLEMS } from "../../problems.ts";
import { readSettings } from "../../settings.ts";
import type { Store } from "../../store/store.ts";
import { type AppEnv, problemOf } from "../../api/context.ts";
import { isSignedIn } from "../session.ts";

export const LANGUAGE_COOKIE = "language";

/** Of a form, in bytes: a token and a path. */
const FORM_BYTES = 16 * 1024;

/** Nothing inline and nothing of others: what a payload says cannot run, and no request leaves for another host. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** What every page passes: its headers. */
export const pageHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  // The bytes of a delivery have a policy of their own.
  if (!c.res.headers.has("content-security-policy")) c.header("content-security-policy", POLICY);
  if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
  c.header("vary", "Accept-Language, Cookie");
};

/** What every form passes: it is taken only from a page of this receiver. */
export const formMiddleware: readonly MiddlewareHandler[] = [csrf(), bodyLimit({ maxSize: FORM_BYTES })];

/** An error as a page. What comes as an HTTPException is a form that `csrf` or `bodyLimit` has refused. */
export function errorPage(error: Error, c: Context<AppEnv>): Response | Promise<Response> {
  const view = openView(c);
  if (error instanceof HTTPException) {
    return c.html(faultPage(view, view.texts.crossSite, view.texts.crossSiteLead), error.status);
  }
  const { code, detail, headers } = problemOf(c, error);
  c.set("problem", code);
  return c.html(problemFault(view, code, detail), PROBLEMS[code].status, headers);
}

/** For a reader who is signed in. What is in quarantine is told if it can be: a page may do without. */
export async function readerView(c: Context<AppEnv>): Promise<View> {
  const { places, settings } = c.var;
  const [quarantined, hasEvents] = await Promise.all([
    places.store.check().then(
      (health) => health.quarantined,
      () => null,
    ),
    settings.forward.urls.length > 0 || hasOldEvents(places.store),
  ]);
  return { ...openView(c), isSignedIn: true, quarantined, hasEvents };
}

/** Whether events are left of a time when somebody was told. */
const hasOldEvents = ({ outbox }: Store): Promise<boolean> =>
  outbox.list({}, 1, null).then(
    ({ items }) => items.length > 0,
    () => false,
  );

/** For pages that are open to all and shown whatever the settings are. */
export async function publicView(c: Context<AppEnv>): Promise<View> {
  const { lookupTokens, forward } = readSettings(c.env).settings;
  return {
    ...openView(c),
    isSignedIn: await isSignedIn(c, lookupTokens),
    hasEvents: forward.urls.length > 0,
  };
}

/** For nobody in particular, without asking anything. */
export function openView(c: Context<AppEnv>): View {
  const language = languageOf(c);
  const { origin, pathname, search } = new URL(c.req.url);
  return {
    language,
    texts: textsOf(language),
    origin,
    here: pathname + search,
    isSignedIn: false,
    now: Date.now(),
    assets: ASSET_PATHS,
    hasEvents: false,
    quarantined: null,
  };
}

/** The one that the reader has chosen, else the first of those their browser prefers that there is. */
function languageOf(c: Context): Language {
  const chosen = getCookie(c, LANGUAGE_COOKIE);
  const accepted = (c.req.header("accept-language") ?? "").split(",").map((range) => {
    const [name = "", weight = "1"] = range
      .trim()
      .toLowerCase()
      .split(/\s*;\s*q=/);
    return { name: name.split("-")[0], weight: Number(weight) };
  });
  const preferred = accepted.toSorted((a, b) => b.weight - a.weight).map(({ name }) => name);
  const names = [chosen, ...preferred];
  return names.flatMap((name) => LANGUAGES.filter((known) => known === name))[0] ?? "en";
}

/** A page that looks again by itself. `parts` name the state it shows: the page is the same where they are. */
export function liveOf(store: Store, view: View, parts: readonly (string | number | null)[]): Live {
  const etag = `"${encodeURIComponent([...parts, view.quarantined, view.language].join(" "))}"`;
  return { etag, everySeconds: store.pollSeconds.page };
}

/** Whether the script has this state of the page already. */
export const hasSeen = (c: Context<AppEnv>, live: Live | null): boolean =>
  live !== null && c.req.header("if-none-match") === live.etag;

/**
 * Names the newest change of a job: of its record, its expectation, or what CI says of it. Where the store keeps no order
 * of changes there are no expectations and no verdicts either, and every change comes with a delivery.
 */
export const newestJobChange = async (store: Store): Promise<string> =>
  store.news === null ? newestDelivery(store) : (await store.newestChange()).join(" ");

/** Names the newest delivery and what became of it: runs change with deliveries, and this is one row to read. */
export async function newestDelivery(store: Store): Promise<string> {
  const { items } = await store.listDeliveries({}, 1, null);
  return items[0] === undefined ? "none" : `${items[0].id} ${items[0].status}`;
}
