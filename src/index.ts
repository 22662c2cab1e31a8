/** The Worker. Wires the app and the upkeep to the platform; nothing is decided here. */
import { app, placesOf } from "./app.ts";
import { log } from "./log.ts";
import { readSettings } from "./settings.ts";
import { upkeep } from "./upkeep.ts";

export default {
  fetch: app.fetch,

  async scheduled(controller, env) {
    const settings = readSettings(env);
    log("info", "upkeep", {
      ...(await upkeep(placesOf(env, settings), settings.retentionDays, controller.scheduledTime)),
    });
  },
} satisfies ExportedHandler<Env>;
