/** The Hono app: what every request passes, the routes, and errors to problem documents. */
import { forwarderOf, placesOf, queueOf, reconcilerOf } from "./bindings.ts";
import { logger } from "./telemetry/log.ts";
import openapi from "./api/openapi.json" with { type: "json" };
import { docsPage } from "./ui/views/docs.ts";
import { problemResponse } from "./problems.ts";
import { callbacks } from "./api/callbacks.ts";
import { changes } from "./api/changes.ts";
import { problemOf, refuseSecret } from "./api/context.ts";
import { Routes } from "./api/routes.ts";
import { deliveries } from "./api/deliveries.ts";
import { events, jobEvents } from "./api/events.ts";
import { expectations } from "./api/expectations.ts";
import { exported } from "./api/export.ts";
import { jobs } from "./api/jobs.ts";
import { health } from "./api/health.ts";
import { imported } from "./api/import.ts";
import { meta } from "./api/meta.ts";
import { reconcile } from "./api/reconcile.ts";
import { problemsAsPages, toPages } from "./ui/handlers/browser.ts";
import { publicView } from "./ui/handlers/page.ts";
import { pages } from "./ui/handlers/pages.ts";
import { publicPages } from "./ui/handlers/public-pages.ts";
import { runs } from "./api/runs.ts";
import { reportRequest } from "./telemetry/report.ts";
import { readSettings } from "./settings.ts";
import { reportSettingFaults } from "./telemetry/setting-faults.ts";

/**
 * On every answer; pages add a Content-Security-Policy. The five others that Hono's `secureHeaders` sets are for
 * plug-ins and browsers that are gone, and eleven headers instead of six cost a look-up a twentieth of its time.
 */
const SECURITY_HEADERS = [
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  // A form of ours has to say where it comes from; an address elsewhere learns nothing of it.
  ["referrer-policy", "same-origin"],
  ["strict-transport-security", "max-age=15552000; includeSubDomains"],
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
] as const;

// Not strict: a trailing slash must not lose a callback.
export const app = new Routes({ strict: false });

app.use(async (c, next) => {
  await next();
  for (const [name, value] of SECURITY_HEADERS) c.res.headers.set(name, value);
});
app.use(async (c, next) => {
  const start = Date.now();
  await next();
  const { callback, problem, fault } = c.var;
  reportRequest(c.var.log ?? logger("info"), c.env.ANALYTICS, {
    method: c.req.method,
    path: c.req.path,
    milliseconds: Date.now() - start,
    ray: c.req.header("cf-ray") ?? null,
    callback,
    problem,
    fault,
  });
});

app.use(problemsAsPages);
app.use(toPages);

// Whatever the settings are, the receiver says that it runs, and what a problem means.
app.route("/", meta);
app.get("/openapi.json", (c) => c.json(openapi));
app.route("/", publicPages);
app.get("/docs", async (c) => c.html(docsPage(await publicView(c), openapi)));

app.use(async (c, next) => {
  const { settings, faults } = readSettings(c.env);
  const log = logger(settings.logLevel);
  const places = placesOf(c.env, settings);
  reportSettingFaults(log, faults);
  c.set("settings", settings);
  c.set("settingFaults", faults);
  c.set("log", log);
  c.set("places", places);
  const forwarder = forwarderOf(c.env, places, settings, log);
  c.set("forwarder", forwarder);
  c.set("reconciler", reconcilerOf(places, settings, forwarder, log));
  c.set("queue", queueOf(c.env, settings));
  await next();
  const { consistency } = places.store;
  if (consistency !== null) c.header("x-consistency", consistency);
});

app.route("/callbacks", callbacks);
app.route("/jobs", jobs);
app.route("/jobs", jobEvents);
app.route("/jobs", expectations);
app.route("/runs", runs);
app.route("/changes", changes);
// Before the deliveries: "export" would be the id of one.
app.route("/deliveries", exported);
app.route("/deliveries", imported);
app.route("/deliveries", deliveries);
app.route("/events", events);
app.route("/reconcile", reconcile);
app.route("/", health);
app.route("/", pages);

refuseOtherMethods(app);

app.notFound((c) => refuseSecret(c, { code: "not-found", detail: "No route of this receiver has this path." }));

app.onError((error, c) => problemResponse(c, problemOf(c, error)));

/** 405 with `Allow` for every path that has a route, and none for the method that came. */
function refuseOtherMethods(routed: Routes): void {
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
