/** For `strnum`, which turns text into numbers: `parseTagValue` and `parseAttributeValue` are off. */
import { absent } from "./absent.ts";

export default absent("strnum");
