/** The Worker. Wires the app and the upkeep to the platform; nothing is decided here. */
import { app } from "./app.ts";
import { type Bindings, forwarderOf, placesOf, reconcilerOf } from "./bindings.ts";
import { consumeEvents, type DueEvent, isForwardBatch } from "./forward/messages.ts";
import { consume, type Queued } from "./queue.ts";
import { readSettings } from "./settings.ts";
import { logger } from "./telemetry/log.ts";
import { reportSettingFaults } from "./telemetry/setting-faults.ts";
import { levelOf, upkeep } from "./upkeep.ts";

export default {
  fetch: app.fetch,

  async scheduled(controller, env) {
    const { settings, faults } = readSettings(env);
    const log = logger(settings.logLevel);
    reportSettingFaults(log, faults);
    const { retentionDays, upkeepOperations: operations } = settings;
    // Events that the duties cause are due at once, so the same run sends them.
    const places = placesOf(env, settings, 0);
    const forwarder = forwarderOf(env, places, settings, log);
    const reconciler = reconcilerOf(places, settings, forwarder, log);
    const now = controller.scheduledTime;
    const report = await upkeep(places, { retentionDays, operations, forwarder, reconciler, now });
    log(levelOf(report), "upkeep", { ...report });
  },

  async queue(batch, env, ctx) {
    const { settings, faults } = readSettings(env);
    const log = logger(settings.logLevel);
    reportSettingFaults(log, faults);
    const places = placesOf(env, settings);
    const forwarder = forwarderOf(env, places, settings, log);
    if (isForwardBatch(batch)) {
      const report = await consumeEvents(batch, forwarder);
      log("debug", "queue", { ...report });
      return;
    }
    const { report, events, jobs } = await consume(batch as MessageBatch<Queued>, places);
    log(report.retried > 0 ? "warn" : "debug", "queue", { ...report });
    if (events.length > 0) ctx.waitUntil(forwarder.tellFirst(events));
    const reconciler = reconcilerOf(places, settings, forwarder, log);
    if (reconciler?.isVerifying === true) ctx.waitUntil(reconciler.verifyThese(jobs));
  },
} satisfies ExportedHandler<Bindings, Queued | DueEvent>;
