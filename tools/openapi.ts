/**
 * `npm run contract` prints src/api/openapi.json, which the receiver serves: the contracts of its routes, and the
 * schemas that check each request. A test fails if the file differs from this.
 */
import { documentOf } from "./openapi/document.ts";

console.log(JSON.stringify(await documentOf(), null, 2));
