/**
 * The words of a segmentation, as text and as a table. A word says what it is on hover by the stylesheet alone; the
 * script moves among the words by the arrow keys, so that they are one stop of the Tab key.
 * Each word costs about 100 bytes of page, so the markup of a word is kept short.
 */
import { html } from "hono/html";
import type { PartOfSpeech, Segment, Token } from "../../../results/segmentation.ts";
import { BREAK, languageOf } from "../elements.ts";
import { type Html, type View } from "../../view.ts";
import type { Occurrence } from "./find.ts";
import { groupOf, nameOf } from "./groups.ts";
import { optionsPath, type SegmentationOptions } from "./options.ts";

/** Words up to this stay on one line, in characters. */
const UNBROKEN_CHARACTERS = 24;

const HAN = /\p{Script=Han}/u;

export interface Words {
  segments: readonly Segment[];
  /** Whether the order of the words is all that is known: they then stand a little apart. */
  isLoose: boolean;
  found: readonly Occurrence[];
}

/** Words stand without space between, as Chinese does. */
export function textOfWords(view: View, { segments, isLoose, found }: Words, { parts, as }: SegmentationOptions): Html {
  const isChinese = segments.some((segment) => segment.kind === "word" && HAN.test(segment.token.word));
  const nameOnce = remembered((part: PartOfSpeech) => nameOf(view, part));
  const hits = new Set(
    found.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, at) => first + at)),
  );
  let index = 0;
  const pieces = segments.map((segment) => {
    if (segment.kind === "gap") return gap(view, segment.length);
    const { word, offset, length, partOfSpeech: part } = segment.token;
    const says = view.texts.tokenSays(word, String(offset ?? "?"), String(length ?? "?"), nameOnce(part));
    const isDim = parts.length > 0 && !parts.includes(part.code);
    const classes = `${groupOf(part.code)}${isDim ? " dim" : ""}${hits.has(index) ? " hit" : ""}${word.length > UNBROKEN_CHARACTERS ? " long" : ""}`;
    const shown = as === "tags" ? ruby : span;
    const markup = shown(classes, index, part.code, says, word);
    index += 1;
    return isLoose ? [BREAK, markup] : markup;
  });
  const kind = `words${isLoose ? " loose" : ""}${as === "tags" ? " tagged" : ""}`;
  const label = view.texts.text;
  const language = isChinese && html`lang="zh-Hans"`;
  return html`<p class="${kind}" id="words" role="group" aria-label="${label}" ${language}>${pieces}</p>`;
}

/** On one line: white space inside the paragraph would be seen, and ten thousand times anything is felt. */
const span = (classes: string, at: number, code: string, says: string, word: string): Html =>
  html`<span class="${classes}" id="w${at}" ${stopAt(at)} data-p="${code}" data-d="${says}">${word}</span>`;

const ruby = (classes: string, at: number, code: string, says: string, word: string): Html =>
  html`<ruby class="${classes}" id="w${at}" ${stopAt(at)} data-p="${code}" data-d="${says}">${word}${tag(code)}</ruby>`;

const tag = (code: string): Html => html`<rt>${code}</rt>`;

/** The first word is the one that the Tab key comes to; the script then moves it. */
const stopAt = (at: number): Html | "" => (at === 0 ? FIRST_STOP : "");

const FIRST_STOP = html`tabindex="0"`;

/** Characters between two words are counted and not known: a space where it is one, which it mostly is. */
const gap = ({ texts }: View, length: number): Html =>
  html`<i title="${texts.gap(length)}">${length === 1 ? " " : " … "}</i>`;

function remembered<K, V>(valueOf: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    const value = known.get(key) ?? valueOf(key);
    known.set(key, value);
    return value;
  };
}

/** In the order of the text. Each word's place is a link to it there. */
export function tableOfWords(view: View, { segments }: Words, options: SegmentationOptions): Html {
  const { texts } = view;
  const tokens = segments.flatMap((segment) => (segment.kind === "word" ? [segment.token] : []));
  const rows = tokens.map((token, index) => ({ token, index }));
  const shown =
    options.parts.length === 0 ? rows : rows.filter(({ token }) => options.parts.includes(token.partOfSpeech.code));
  const base = optionsPath(options, { as: "text", parts: [], query: "" }, "w");
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${texts.segmentation}">
    <table>
      <thead>
        <tr>
          <th scope="col" class="number">#</th>
          <th scope="col">${texts.word}</th>
          <th scope="col" class="number">${texts.offset}</th>
          <th scope="col" class="number">${texts.length}</th>
          <th scope="col">${texts.partOfSpeech}</th>
        </tr>
      </thead>
      <tbody>
        ${shown.map(({ token, index }) => row(view, token, index, base))}
      </tbody>
    </table>
  </div>`;
}

const row = (view: View, { word, offset, length, partOfSpeech }: Token, index: number, base: string): Html =>
  html`<tr>
    <td class="number"><a href="${base}${index}" aria-label="${view.texts.toWord(index + 1)}">${index + 1}</a></td>
    <td class="word" ${languageOf(word)}>${word}</td>
    <td class="number">${offset ?? "?"}</td>
    <td class="number">${length ?? "?"}</td>
    <td>${nameOf(view, partOfSpeech)}</td>
  </tr>`;
