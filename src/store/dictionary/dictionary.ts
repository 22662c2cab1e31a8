/**
 * Dictionaries that small bodies are deflated against: what a callback has in common with all others takes no room. Each
 * set of shapes, stored once as XML, makes four: XML and JSON, as the provider's pages indent them and without white
 * space. A name is kept with each body, so a dictionary stays, byte for byte, as long as there are such bodies.
 */
import { SHAPES_1 } from "./shapes-1.ts";

const LAYOUTS = {
  xml1: () => indentedXml(SHAPES_1),
  xml1c: () => compact(indentedXml(SHAPES_1)),
  json1: () => toJson(indentedXml(SHAPES_1)),
  json1c: () => compact(toJson(indentedXml(SHAPES_1))),
} as const satisfies Record<string, () => string>;

export type DictionaryName = keyof typeof LAYOUTS;

const made = new Map<DictionaryName, Uint8Array>();

/** Made at its first use. */
export function dictionaryOf(name: DictionaryName): Uint8Array {
  let dictionary = made.get(name);
  if (dictionary === undefined) {
    dictionary = new TextEncoder().encode(LAYOUTS[name]());
    made.set(name, dictionary);
  }
  return dictionary;
}

export const isDictionaryName = (name: string): name is DictionaryName => Object.hasOwn(LAYOUTS, name);

/** How much of a body is looked at to tell its layout, in characters: the envelope is enough. */
const LOOKED_AT_CHARACTERS = 256;

/** The newest dictionary for bodies that look like this one; null for a body that is neither XML nor JSON. */
export function dictionaryFor(body: string): DictionaryName | null {
  const start = body.slice(0, LOOKED_AT_CHARACTERS);
  const first = /^\ufeff?\s*([<{[])/.exec(start)?.[1];
  if (first === undefined) return null;
  const isIndented = /\n[ \t]/.test(start);
  if (first === "<") return isIndented ? "xml1" : "xml1c";
  return isIndented ? "json1" : "json1c";
}

/** Indents with four spaces a level; the shapes are stored with one. */
const indentedXml = (shapes: string): string => shapes.replace(/^ +/gm, (spaces) => spaces.repeat(4));

/** JSON that is close enough: it does not tell lists from single nodes. */
const toJson = (xml: string): string =>
  xml
    .replace(/<([\w-]+)\/>/g, "<$1></$1>")
    .replace(/<([\w-]+)>(.*)<\/.*>/g, '"$1": "$2",')
    .replace(/<([\w-]+)>/g, '"$1": {')
    .replace(/,(\s*)<\/.*>/g, "$1},");

const compact = (text: string): string => text.replace(/\n */g, "").replaceAll('": ', '":');
