/** Pages that are open to all, whatever the settings are: what each problem means, the choice of language, and assets. */
import { setCookie } from "hono/cookie";
import { ASSETS } from "../assets/assets.ts";
import { problemPage, problemsPage } from "../views/problems.ts";
import { LANGUAGES } from "../view.ts";
import { PROBLEMS, type ProblemCode } from "../../problems.ts";
import { Routes } from "../../api/routes.ts";
import { errorPage, formMiddleware, LANGUAGE_COOKIE, pageHeaders, publicView } from "./page.ts";
import { ownPath } from "../session.ts";

export const publicPages = new Routes();
publicPages.onError(errorPage);

const YEAR_SECONDS = 365 * 24 * 60 * 60;

publicPages.get("/ui/assets/:name", (c) => {
  const asset = ASSETS.get(c.req.param("name"));
  if (asset === undefined) return c.notFound();
  const headers = { "content-type": asset.type, "cache-control": `public, max-age=${YEAR_SECONDS}, immutable` };
  return c.body(asset.text, 200, headers);
});

for (const path of ["/docs", "/problems/*", "/ui/language"]) publicPages.use(path, pageHeaders);
publicPages.use("/ui/language", ...formMiddleware);

publicPages.get("/problems", async (c) => c.html(problemsPage(await publicView(c))));

publicPages.get("/problems/:code", async (c) => {
  const code = c.req.param("code");
  if (!Object.hasOwn(PROBLEMS, code)) return c.notFound();
  return c.html(problemPage(await publicView(c), code as ProblemCode));
});

publicPages.post("/ui/language", async (c) => {
  const form = await c.req.parseBody();
  const chosen = LANGUAGES.find((known) => known === form["language"]) ?? "en";
  setCookie(c, LANGUAGE_COOKIE, chosen, { path: "/", httpOnly: true, sameSite: "Lax", maxAge: YEAR_SECONDS });
  return c.redirect(ownPath(c, form["back"]), 303);
});
