/**
 * The pages. Their paths are their own, `/` and `/ui/…`, so that the API keeps its bearer tokens and a cookie opens
 * nothing but these; `/docs` and `/problems` are open to all. Here are what all of them pass, and signing in.
 */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { setCookie } from "hono/cookie";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import { languageDetector } from "hono/language";
import { missingSecrets } from "../settings.ts";
import { ASSETS } from "../pages/assets/assets.ts";
import { faultPage } from "../pages/layout.ts";
import { problemPage, problemsPage } from "../pages/problems.ts";
import { type SignIn, signInPage } from "../pages/sign-in.ts";
import { LANGUAGES } from "../pages/view.ts";
import { PROBLEMS, type ProblemCode } from "../problem.ts";
import { type AppEnv, countRefusal, problemOf } from "./context.ts";
import { deliveryPages } from "./delivery-pages.ts";
import { jobPages } from "./job-pages.ts";
import { openView, viewOf } from "./page.ts";
import { closeSession, isSignedIn, openSession, ownPath, requireSession } from "./session.ts";

export const pages = new Hono<AppEnv>();

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

/** Of a form, in bytes: a token and a path. */
const FORM_BYTES = 16 * 1024;

const YEAR_SECONDS = 365 * 24 * 60 * 60;
const LANGUAGE_COOKIE = "language";

const language = languageDetector({
  supportedLanguages: [...LANGUAGES],
  fallbackLanguage: "en",
  order: ["cookie", "header"],
  lookupCookie: LANGUAGE_COOKIE,
  caches: false,
});

for (const path of ["/", "/ui/*", "/docs", "/problems/*"]) {
  pages.use(path, language, csrf(), bodyLimit({ maxSize: FORM_BYTES }), async (c, next) => {
    await next();
    if (c.res.headers.has("content-security-policy")) return;
    c.header("content-security-policy", POLICY);
    c.header("vary", "Accept-Language, Cookie");
    if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
  });
}
for (const path of ["/", "/ui/find", "/ui/jobs/*", "/ui/runs/*", "/ui/deliveries/*"]) pages.use(path, requireSession);

pages.get("/ui/sign-in", async (c) => {
  const back = ownPath(c, c.req.query("back"));
  return (await isSignedIn(c)) ? c.redirect(back, 303) : c.html(signInPage(openView(c), signIn(c, back, null)));
});

pages.post("/ui/sign-in", async (c) => {
  const form = await c.req.parseBody();
  const back = ownPath(c, form["back"]);
  const token = form["token"];
  if (typeof token === "string" && (await openSession(c, token.trim()))) return c.redirect(back, 303);
  const view = { ...openView(c), here: `/ui/sign-in?back=${encodeURIComponent(back)}` };
  if (await countRefusal(c)) return c.html(signInPage(view, signIn(c, back, "wrong-token")), 401);
  return c.html(signInPage(view, signIn(c, back, "too-many")), 429, { "retry-after": "60" });
});

const signIn = (c: Context<AppEnv>, back: string, fault: SignIn["fault"]): SignIn => ({
  back,
  fault,
  canSignIn: !missingSecrets(c.var.settings).includes("LOOKUP_TOKENS"),
});

pages.post("/ui/sign-out", (c) => {
  closeSession(c);
  c.header("clear-site-data", '"cache"');
  return c.redirect("/ui/sign-in", 303);
});

pages.post("/ui/language", async (c) => {
  const form = await c.req.parseBody();
  const chosen = LANGUAGES.find((known) => known === form["language"]) ?? "en";
  setCookie(c, LANGUAGE_COOKIE, chosen, { path: "/", httpOnly: true, sameSite: "Lax", maxAge: YEAR_SECONDS });
  return c.redirect(ownPath(c, form["back"]), 303);
});

pages.get("/ui/assets/:name", (c) => {
  const asset = ASSETS.get(c.req.param("name"));
  if (asset === undefined) return c.notFound();
  const headers = { "content-type": asset.type, "cache-control": `public, max-age=${YEAR_SECONDS}, immutable` };
  return c.body(asset.text, 200, headers);
});

pages.get("/problems", async (c) => c.html(problemsPage(await viewOf(c))));

pages.get("/problems/:code", async (c) => {
  const code = c.req.param("code");
  return Object.hasOwn(PROBLEMS, code) ? c.html(problemPage(await viewOf(c), code as ProblemCode)) : c.notFound();
});

pages.route("/", jobPages);
pages.route("/", deliveryPages);

/** An error as a page. A form that came from elsewhere, or is too large, is answered by what refused it. */
pages.onError((error, c) => {
  const view = openView(c);
  if (error instanceof HTTPException) {
    return c.html(faultPage(view, view.texts.crossSite, view.texts.crossSiteLead), error.status);
  }
  const { code, detail, headers } = problemOf(c, error);
  const { title, status } = PROBLEMS[code];
  return c.html(faultPage(view, title, detail), status, headers);
});
