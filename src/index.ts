/** The Worker. Wires the app and the upkeep to the platform; nothing is decided here. */
import { app, placesOf } from "./app.ts";
import { logger } from "./telemetry/log.ts";
import { consume, type Queued } from "./queue.ts";
import { readSettings, usableLogLevel } from "./settings.ts";
import { levelOf, upkeep } from "./upkeep.ts";

export default {
  fetch: app.fetch,

  async scheduled(controller, env) {
    const settings = readSettings(env);
    const report = await upkeep(placesOf(env, settings), settings.retentionDays, controller.scheduledTime);
    logger(usableLogLevel(settings))(levelOf(report), "upkeep", { ...report });
  },

  async queue(batch, env) {
    const settings = readSettings(env);
    const report = await consume(batch, placesOf(env, settings));
    logger(usableLogLevel(settings))(report.retried > 0 ? "warn" : "debug", "queue", { ...report });
  },
} satisfies ExportedHandler<Env, Queued>;
