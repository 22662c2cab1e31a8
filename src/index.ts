/** The Worker. Wires the app to the platform; nothing is decided here. */
import { app } from "./app.ts";

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
