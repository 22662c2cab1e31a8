/** For `xml-naming`, which checks the names in a document type, and in what fast-xml-parser's builder writes. */
import { absent } from "./absent.ts";

export const qName = absent("qName");
export const createValidator = absent("createValidator");
