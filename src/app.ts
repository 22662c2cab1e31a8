/** The Hono app: what every request passes, the routes, and errors to problem documents. */
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { Places } from "./intake.ts";
import { logger } from "./telemetry/log.ts";
import { docsPage } from "./ui/views/docs.ts";
import { ProblemError, problemResponse } from "./problems.ts";
import { callbacks } from "./api/callbacks.ts";
import { type AppEnv, type OptionalBindings, problemOf, refuseSecret } from "./api/context.ts";
import { deliveries } from "./api/deliveries.ts";
import { jobs } from "./api/jobs.ts";
import { health } from "./api/health.ts";
import { meta, openapi } from "./api/meta.ts";
import { publicView } from "./ui/handlers/page.ts";
import { pages } from "./ui/handlers/pages.ts";
import { publicPages } from "./ui/handlers/public-pages.ts";
import type { SendQueue } from "./queue.ts";
import { runs } from "./api/runs.ts";
import { tell } from "./telemetry/report.ts";
import { readSettings, type Settings, usableLogLevel } from "./settings.ts";
import { d1Store } from "./store/d1/d1.ts";
import { kvStore } from "./store/kv.ts";
import { persistent } from "./store/retry.ts";
import { kvSpill } from "./store/spill.ts";

// Not strict: a slash at the end of a callback URL is worth no lost callback.
export const app = new Hono<AppEnv>({ strict: false });

app.use(
  secureHeaders({
    // A form of ours is to say where it comes from, and an address elsewhere to learn nothing of it.
    referrerPolicy: "same-origin",
    xFrameOptions: "DENY",
    // For plug-ins and browsers that are gone. Eleven headers instead of six cost a look-up a twentieth of its time.
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  }),
);
app.use(async (c, next) => {
  const start = Date.now();
  await next();
  tell(c, Date.now() - start);
});

// Whatever the settings are, the receiver says that it runs, and what a problem means.
app.route("/", meta);
app.get("/openapi.json", async (c) => c.json(await openapi(app)));
app.route("/", publicPages);
app.get("/docs", async (c) => c.html(docsPage(await publicView(c), await openapi(app))));

app.use(async (c, next) => {
  const settings = readSettings(c.env);
  c.set("settings", settings);
  c.set("log", logger(usableLogLevel(settings)));
  c.set("places", placesOf(c.env, settings));
  c.set("queue", queueOf(c.env, settings));
  await next();
  if (settings.store === "kv") c.header("x-consistency", EVENTUAL);
});

app.route("/callbacks", callbacks);
app.route("/jobs", jobs);
app.route("/runs", runs);
app.route("/deliveries", deliveries);
app.route("/", health);
app.route("/", pages);

refuseOtherMethods(app);

app.notFound((c) => refuseSecret(c, { code: "not-found", detail: "No route of this receiver has this path." }));

app.onError((error, c) => problemResponse(c, problemOf(c, error)));

/** What look-ups from KV must say: a miss is cached there for a minute, and so a job may be found late. */
const EVENTUAL = "eventual; up to 60 s";

/** With D1 as the store, KV is the second place to write. */
export function placesOf(env: Env, settings: Settings): Places {
  const persistently = persistent(settings.storeDeadlineMilliseconds);
  if (settings.store === "d1") return { store: d1Store(env.DB, persistently), spill: kvSpill(env.KV, persistently) };
  const { jobs: days } = settings.retentionDays;
  const ttlSeconds = days === 0 ? null : days * 86_400;
  return { store: kvStore(env.KV, persistently, ttlSeconds), spill: null };
}

/** The queue that callbacks go to first; null where they are written at once. */
function queueOf(env: OptionalBindings, { intake, storeDeadlineMilliseconds }: Settings): SendQueue | null {
  if (intake === "direct") return null;
  const { INTAKE_QUEUE: queue } = env;
  if (queue !== undefined) {
    const persistently = persistent(storeDeadlineMilliseconds);
    return { send: (queued) => persistently(() => queue.send(queued, { contentType: "v8" })) };
  }
  throw new ProblemError({ code: "misconfigured", detail: 'INTAKE is "queue", and there is no binding INTAKE_QUEUE.' });
}

/** 405 with `Allow` for every path that has a route, and none for the method that came. */
function refuseOtherMethods(routed: Hono<AppEnv>): void {
  const methods = new Map<string, string[]>();
  for (const { path, method } of routed.routes) {
    if (method !== "ALL" && !methods.get(path)?.includes(method))
      methods.set(path, [...(methods.get(path) ?? []), method]);
  }
  // A path without parameters first: it may fit the pattern of another one that has.
  const paths = [...methods].toSorted(([a], [b]) => Number(a.includes(":")) - Number(b.includes(":")));
  for (const [path, allowed] of paths) {
    const allow = allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", ");
    const detail = `This path takes ${allow}.`;
    routed.all(path, (c) => problemResponse(c, { code: "method-not-allowed", detail, headers: { allow } }));
  }
}
