/** The Hono app: what every request passes, the routes, and errors to problem documents. */
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { log } from "./log.ts";
import { ProblemError, problemResponse } from "./problem.ts";
import { callbacks } from "./routes/callbacks.ts";
import type { AppEnv } from "./routes/context.ts";
import { jobs } from "./routes/jobs.ts";
import { readSettings } from "./settings.ts";
import { d1Store } from "./store/d1.ts";

export const app = new Hono<AppEnv>();

app.use(secureHeaders());
app.use(async (c, next) => {
  c.set("settings", readSettings(c.env));
  c.set("store", d1Store(c.env.DB));
  await next();
});

app.route("/callbacks", callbacks);
app.route("/jobs", jobs);

app.notFound((c) => problemResponse(c, { code: "not-found", detail: "No route of this receiver has this path." }));

app.onError((error, c) => {
  if (error instanceof ProblemError) return problemResponse(c, error.problem);
  log("error", "unexpected", { message: error.message, ray: c.req.header("cf-ray") ?? null });
  return problemResponse(c, { code: "internal-error", detail: "The receiver failed in a way it does not expect." });
});
