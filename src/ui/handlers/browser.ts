/**
 * Who follows a link to the API with a browser: a reader who is signed in comes to the page of the same thing, and a
 * problem is a page. Programs do not ask for HTML, and are answered as ever.
 */
import type { Context, MiddlewareHandler } from "hono";
import type { AppEnv } from "../../api/context.ts";
import type { Problem, ProblemCode } from "../../problems.ts";
import { readSettings } from "../../settings.ts";
import { isSignedIn } from "../session.ts";
import { problemFault } from "../views/problems.ts";
import { pageHeaders, publicView } from "./page.ts";

/** What has a page of its own: lists, and one job, run or delivery. */
const WITH_PAGE = /^\/(?:jobs|runs|deliveries|events)\/?$|^\/(?:jobs|runs|deliveries)\/(?!export$)[^/]+\/?$/;

/** To the page, with the filters of a list, which have the same names there. */
export const toPages: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (!wantsPage(c) || c.req.header("authorization") !== undefined) return next();
  const { pathname, search } = new URL(c.req.url);
  if (!WITH_PAGE.test(pathname) || !(await isSignedIn(c, readSettings(c.env).settings.lookupTokens))) return next();
  const path = pathname.replace(/\/$/, "");
  return c.body(null, 302, {
    location: (path === "/jobs" ? "/" : `/ui${path}`) + search,
    "cache-control": "no-store",
    vary: "Accept, Authorization, Cookie",
  });
};

/** A problem as a page, with the same status and headers. */
export const problemsAsPages: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  if (!wantsPage(c) || c.res.headers.get("content-type") !== "application/problem+json") return;
  const { type, detail } = (await c.res.json()) as { type: string } & Pick<Problem, "detail">;
  const code = type.slice(type.lastIndexOf("/") + 1) as ProblemCode;
  const { status, headers } = c.res;
  const page = await problemFault(await publicView(c), code, detail);
  const answer = new Response(page, { status, headers });
  answer.headers.set("content-type", "text/html; charset=utf-8");
  c.res = undefined;
  c.res = answer;
  await pageHeaders(c, async () => {});
};

const wantsPage = (c: Context): boolean =>
  (c.req.method === "GET" || c.req.method === "HEAD") && c.req.header("accept")?.includes("text/html") === true;
