/** For `@nodable/entities`, which decodes references: `processEntities` is off, and src/callback/entities.ts decodes them. */
import { absent } from "./absent.ts";

export class EntityDecoder {
  readonly reset = (): void => {};
  readonly decode = absent("EntityDecoder.decode");
  readonly setXmlVersion = absent("EntityDecoder.setXmlVersion");
  readonly addInputEntities = absent("EntityDecoder.addInputEntities");
}

export const ENTITY_ACTION = {};

/** Names of entities, for the decoder. */
export const XML = {};
export const COMMON_HTML = {};
export const CURRENCY = {};
