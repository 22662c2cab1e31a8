/** A CI on loopback by itself: node tools/ci/serve.ts [port]. `npm run dev -- --with-ci` starts one beside the receiver. */
import { localSettings, LOCAL_KEYS } from "./local-queue.ts";
import { startCi } from "./server.ts";

const { url } = await startCi({ keys: LOCAL_KEYS, port: Number(process.argv[2] ?? 0) });
for (const [name, value] of Object.entries(localSettings(url))) console.log(`${name}=${value}`);
