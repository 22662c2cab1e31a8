/**
 * Who is signed in to the pages. The cookie says until when, and is signed with a key made of the look-up token that
 * opened it: nothing is stored, and a token that is taken out of LOOKUP_TOKENS ends the sessions it opened.
 */
import type { Context, MiddlewareHandler } from "hono";
import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import { isOneOf } from "../api/auth.ts";
import type { AppEnv } from "../api/context.ts";

export const SESSION_SECONDS = 7 * 24 * 60 * 60;

const COOKIE = "session";

/** Lax: a link from a chat opens signed in. What changes anything is a POST, and guarded against other sites by itself. */
const OPTIONS = { prefix: "host", path: "/", secure: true, httpOnly: true, sameSite: "Lax" } as const;

/** Not the token itself, so that a signature made with it elsewhere is none here. */
const keyOf = (token: string): string => `page session ${token}`;

/** Signs in with a look-up token; false, and no cookie, where it is none. */
export async function openSession(c: Context<AppEnv>, token: string): Promise<boolean> {
  if (!isOneOf(token, c.var.settings.lookupTokens)) return false;
  const until = Math.floor(Date.now() / 1000) + SESSION_SECONDS;
  await setSignedCookie(c, COOKIE, String(until), keyOf(token), { ...OPTIONS, maxAge: SESSION_SECONDS });
  return true;
}

export function closeSession(c: Context<AppEnv>): void {
  deleteCookie(c, COOKIE, OPTIONS);
}

export async function isSignedIn(c: Context, lookupTokens: readonly string[]): Promise<boolean> {
  for (const token of lookupTokens) {
    const until = await getSignedCookie(c, keyOf(token), COOKIE, "host");
    if (typeof until === "string") return Number(until) > Date.now() / 1000;
  }
  return false;
}

/** Lets readers through who are signed in; others sign in first, and come back. */
export const requireSession: MiddlewareHandler<AppEnv> = async (c, next) => {
  // Where a page takes no other method, that is said to anybody.
  const isForm = c.req.path.startsWith("/ui/");
  if (!isForm && c.req.method !== "GET" && c.req.method !== "HEAD") return next();
  if (await isSignedIn(c, c.var.settings.lookupTokens)) return next();
  if (c.req.header("if-none-match") !== undefined) return c.body(null, 401, { "cache-control": "no-store" });
  const { pathname, search } = new URL(c.req.url);
  const back = c.req.method === "GET" ? pathname + search : "/";
  return c.redirect(back === "/" ? "/ui/sign-in" : `/ui/sign-in?back=${encodeURIComponent(back)}`, 303);
};

/** A path of this receiver to go to, whatever was given: never another site. */
export function ownPath(c: Context, given: unknown): string {
  if (typeof given !== "string" || !URL.canParse(given, c.req.url)) return "/";
  const { origin, pathname, search } = new URL(given, c.req.url);
  return origin === new URL(c.req.url).origin && !pathname.startsWith("//") ? pathname + search : "/";
}
