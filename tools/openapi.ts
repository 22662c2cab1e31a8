/** Prints the contract that the receiver serves at /openapi.json, for tools that want it as a file. */
import { app } from "../src/app.ts";
import { openapi } from "../src/api/meta.ts";

console.log(JSON.stringify(await openapi(app), null, 2));
