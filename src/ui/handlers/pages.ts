/**
 * The pages of who is signed in. Their paths are their own, `/` and `/ui/…`, so that the API keeps its bearer tokens
 * and the cookie opens nothing but these.
 */
import type { Context } from "hono";
import { type SignIn, signInPage } from "../views/sign-in.ts";
import { missingSecrets } from "../../settings.ts";
import { type AppEnv, countRefusal } from "../../api/context.ts";
import { Routes } from "../../api/routes.ts";
import { askingPages } from "./asking-pages.ts";
import { deliveryPages } from "./delivery-pages.ts";
import { eventPages } from "./event-pages.ts";
import { jobPages } from "./job-pages.ts";
import { runPages } from "./run-pages.ts";
import { searchPages } from "./search-page.ts";
import { errorPage, formMiddleware, openView, pageHeaders } from "./page.ts";
import { testCallbacks } from "./test-callback.ts";
import { closeSession, isSignedIn, openSession, ownPath, requireSession } from "../session.ts";

export const pages = new Routes();
pages.onError(errorPage);

for (const path of ["/", "/ui/*"]) pages.use(path, pageHeaders);
pages.use("/ui/*", ...formMiddleware);

/** The page asks for the token where it is. The script, which knows what it has seen, is told by status instead. */
pages.get("/", async (c, next) => {
  const asks = c.req.header("if-none-match") === undefined && !(await isSignedIn(c, c.var.settings.lookupTokens));
  return asks ? c.html(signInPage(openView(c), signIn(c, "/", null))) : next();
});
for (const path of [
  "/",
  "/ui/find",
  "/ui/test-callback",
  "/ui/jobs/*",
  "/ui/runs/*",
  "/ui/deliveries/*",
  "/ui/events/*",
  "/ui/overdue",
])
  pages.use(path, requireSession);

pages.get("/ui/sign-in", async (c) => {
  const back = ownPath(c, c.req.query("back"));
  if (await isSignedIn(c, c.var.settings.lookupTokens)) return c.redirect(back, 303);
  return c.html(signInPage(openView(c), signIn(c, back, null)));
});

pages.post("/ui/sign-in", async (c) => {
  const form = await c.req.parseBody();
  const back = ownPath(c, form["back"]);
  const token = form["token"];
  if (typeof token === "string" && (await openSession(c, token.trim()))) return c.redirect(back, 303);
  // The page has the address of a form that was sent: the language switch is to lead to the form.
  const view = { ...openView(c), here: `/ui/sign-in?back=${encodeURIComponent(back)}` };
  if (await countRefusal(c)) {
    c.set("problem", "unauthorized");
    return c.html(signInPage(view, signIn(c, back, "wrong-token")), 401);
  }
  c.set("problem", "too-many-requests");
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

pages.route("/", searchPages);
pages.route("/", jobPages);
pages.route("/", askingPages);
pages.route("/", runPages);
pages.route("/", deliveryPages);
pages.route("/", eventPages);
pages.route("/", testCallbacks);
