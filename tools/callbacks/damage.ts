/** Damages callbacks so that they cannot be read: each kind of damage makes any body not well-formed. */
import type { Callback } from "./callback.ts";
import type { Random } from "./random.ts";

type Damage = (text: string, random: Random) => string | Uint8Array<ArrayBuffer>;

const cutShort: Damage = (text, random) => text.trimEnd().slice(0, random.whole(2, text.trimEnd().length - 1));

/** Inserts a byte that UTF-8 never has, somewhere after the first character. */
const notUtf8: Damage = (text, random) => {
  const bytes = new Uint8Array(new TextEncoder().encode(text));
  bytes[random.whole(1, bytes.length - 1)] = 0xff;
  return bytes;
};

const DAMAGES: Readonly<Record<"xml" | "json", Readonly<Record<string, Damage>>>> = {
  xml: {
    "cut short": cutShort,
    "not UTF-8": notUtf8,
    // As in some of the provider's own samples: <Tag>Translation<Tag>.
    "an element not closed": (text) => text.replace(/<\/(\w+)>/, "<$1>"),
    "a bare ampersand": (text) => text.replace(/<(\w+)>(?=[^<])/, "<$1>R&D "),
    "two roots": (text) => `${text}<Response/>`,
  },
  json: {
    "cut short": cutShort,
    "not UTF-8": notUtf8,
    // As in the provider's samples of a segmentation, and of others.
    "closing brackets in the wrong order": (text) => text.replace(/\}(\s*)$/, "]$1"),
    "a comma before a closing bracket": (text) => text.replace(/\}(\s*)$/, ",}$1"),
  },
};

/** The same callback, damaged. About one in six is neither XML nor JSON. It names no job any more. */
export function damage(callback: Callback, random: Random): Callback {
  const text = callback.body as string;
  const told = { ...callback, jobIds: [], expected: [] };
  if (random.chance(1 / 6)) {
    return {
      ...told,
      body: `notification=${encodeURIComponent(text.slice(0, 200))}`,
      outcome: "unsupported-media-type",
    };
  }
  const { format } = callback.kind;
  const spoil = DAMAGES[format][random.pick(Object.keys(DAMAGES[format]))] as Damage;
  return { ...told, body: spoil(text, random), outcome: "malformed-body" };
}
