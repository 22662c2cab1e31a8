/**
 * A callback's content as data, described once, and printed as XML or as JSON. A list is a node that occurs several
 * times; undefined members are left out. What a look-up must answer is derived here, too, from what the receiver
 * promises and without its code, so that the two can be compared.
 */

export type Leaf = string | number | boolean;
export type Value = Leaf | Tree | readonly (Leaf | Tree)[];
export interface Tree {
  readonly [name: string]: Value | undefined;
}

export interface XmlStyle {
  declaration: boolean;
  indent: boolean;
}

/** A document with that root element. An empty leaf is an empty element. */
export function printXml(root: string, tree: Tree, { declaration, indent }: XmlStyle): string {
  const start = declaration ? '<?xml version="1.0" encoding="utf-8"?>\n' : "";
  return `${start}${printElement(root, tree, indent ? "\n" : "")}`;
}

/** `line` starts a new line: the line feed and indentation, or nothing in a compact document. */
function printElement(name: string, value: Leaf | Tree, line: string): string {
  if (typeof value !== "object") {
    const text = escapeText(String(value));
    return text === "" ? `<${name}/>` : `<${name}>${text}</${name}>`;
  }
  const inner = line === "" ? "" : `${line}  `;
  let content = "";
  for (const [child, childValue] of membersOf(value)) {
    for (const item of Array.isArray(childValue) ? childValue : [childValue]) {
      content += inner + printElement(child, item as Leaf | Tree, inner);
    }
  }
  return content === "" ? `<${name}/>` : `<${name}>${content}${line}</${name}>`;
}

/** A carriage return is told by its number: a reader of XML takes it for a line feed where it stands as it is. */
const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;" };
const escapeText = (text: string): string => text.replace(/[&<>\r]/g, (character) => ENTITIES[character] as string);

/** The tree as JSON shows it: a node that occurs once is an object, unless lists of one are kept as lists. */
export function toJson(value: Value, keepListsOfOne: boolean): Value {
  if (typeof value !== "object") return value;
  if (isList(value)) {
    const items = value.map((item) => toJson(item, keepListsOfOne) as Leaf | Tree);
    return items.length === 1 && !keepListsOfOne ? (items[0] as Leaf | Tree) : items;
  }
  return Object.fromEntries(membersOf(value).map(([name, member]) => [name, toJson(member, keepListsOfOne)]));
}

const ALWAYS_LISTS = new Set(["CosHeaders", "WordsGeneralizeLable", "WordsGeneralizeToken"]);

/** The `detail` that a look-up answers for this content, in either format. */
export function toDetail(value: Value, name = ""): unknown {
  if (typeof value !== "object") return String(value);
  if (isList(value)) {
    const items = value.map((item) => toDetail(item, name));
    return items.length === 1 && !ALWAYS_LISTS.has(name) ? items[0] : items;
  }
  const isToken = name === "WordsGeneralizeToken";
  const members = membersOf(value).map(([child, member]) => {
    const isNumber = isToken && (child === "Offset" || child === "Length");
    return [child, isNumber ? Number(member) : toDetail(member, child)];
  });
  return members.length === 0 ? "" : Object.fromEntries(members);
}

const isList = (value: Value): value is readonly (Leaf | Tree)[] => Array.isArray(value);

const membersOf = (tree: Tree): [string, Value][] =>
  Object.entries(tree).filter((member): member is [string, Value] => {
    const value = member[1];
    return value !== undefined && !(isList(value) && value.length === 0);
  });
