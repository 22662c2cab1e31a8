/** The Hono app: what every request passes, the routes, and errors to problem documents. */
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { Places } from "./intake.ts";
import { docsPage } from "./pages/docs.ts";
import { problemResponse } from "./problem.ts";
import { callbacks } from "./routes/callbacks.ts";
import { type AppEnv, problemOf, refuseSecret } from "./routes/context.ts";
import { deliveries } from "./routes/deliveries.ts";
import { jobs } from "./routes/jobs.ts";
import { meta, openapi } from "./routes/meta.ts";
import { viewOf } from "./routes/page.ts";
import { pages } from "./routes/pages.ts";
import { runs } from "./routes/runs.ts";
import { readSettings, type Settings } from "./settings.ts";
import { d1Store } from "./store/d1.ts";
import { kvStore } from "./store/kv.ts";
import { kvSpill } from "./store/spill.ts";

export const app = new Hono<AppEnv>();

// A form of ours is to say where it comes from, and an address elsewhere to learn nothing of it.
app.use(secureHeaders({ referrerPolicy: "same-origin", xFrameOptions: "DENY" }));
app.use(async (c, next) => {
  const settings = readSettings(c.env);
  c.set("settings", settings);
  c.set("places", placesOf(c.env, settings));
  await next();
});

app.route("/callbacks", callbacks);
app.route("/jobs", jobs);
app.route("/runs", runs);
app.route("/deliveries", deliveries);
app.route("/", meta);
app.route("/", pages);
app.get("/openapi.json", async (c) => c.json(await openapi(app)));
app.get("/docs", async (c) => c.html(docsPage(await viewOf(c), await openapi(app))));

refuseOtherMethods(app);

app.notFound((c) => refuseSecret(c, { code: "not-found", detail: "No route of this receiver has this path." }));

app.onError((error, c) => problemResponse(c, problemOf(c, error)));

/** With D1 as the store, KV is the second place to write. */
export function placesOf(env: Env, { store, retentionDays }: Settings): Places {
  if (store === "d1") return { store: d1Store(env.DB), spill: kvSpill(env.KV) };
  return { store: kvStore(env.KV, retentionDays.jobs === 0 ? null : retentionDays.jobs * 86_400), spill: null };
}

/** 405 with `Allow` for every path that has a route, and none for the method that came. */
function refuseOtherMethods(routed: Hono<AppEnv>): void {
  const methods = new Map<string, string[]>();
  for (const { path, method } of routed.routes) {
    if (method !== "ALL" && !methods.get(path)?.includes(method))
      methods.set(path, [...(methods.get(path) ?? []), method]);
  }
  for (const [path, allowed] of methods) {
    const allow = allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", ");
    const detail = `This path takes ${allow}.`;
    routed.all(path, (c) => problemResponse(c, { code: "method-not-allowed", detail, headers: { allow } }));
  }
}
