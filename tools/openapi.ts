/**
 * `npm run contract` prints src/api/openapi.json, which the receiver serves: the contracts of its routes, with the
 * schemas that check each request. A test fails while the file is not what this prints.
 */
import { documentOf } from "./openapi/document.ts";

console.log(JSON.stringify(await documentOf(), null, 2));
