/** The Worker. Wires the app and the upkeep to the platform; nothing is decided here. */
import { app } from "./app.ts";
import { type Bindings, placesOf } from "./bindings.ts";
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
    const report = await upkeep(placesOf(env, settings), { retentionDays, operations, now: controller.scheduledTime });
    log(levelOf(report), "upkeep", { ...report });
  },

  async queue(batch, env) {
    const { settings, faults } = readSettings(env);
    const log = logger(settings.logLevel);
    reportSettingFaults(log, faults);
    const report = await consume(batch, placesOf(env, settings));
    log(report.retried > 0 ? "warn" : "debug", "queue", { ...report });
  },
} satisfies ExportedHandler<Bindings, Queued>;
