/** Results that are text: what a recording says, with its times, and what a translation gave. */
import { html } from "hono/html";
import type { Sentence, Speech } from "../../../results/speech.ts";
import type { TranslationResult } from "../../../results/translation.ts";
import type { Html, View } from "../../view.ts";
import { copyable, facts, languageOf } from "../elements.ts";
import { clockSpan, clockText, fileList, rows } from "./parts.ts";

export function speechView(view: View, { durationSeconds, sentences, files }: Speech): Html {
  const words = view.texts.results;
  return html`${facts([[words.duration, durationSeconds === null ? null : clockText(durationSeconds)]])}
  ${
    sentences.length > 0
      ? html`<ol class="transcript">
          ${rows(view, sentences, (sentence) => sentenceRow(view, sentence))}
        </ol>`
      : files.length === 0 && html`<p class="none">${words.noSpeech}</p>`
  }
  ${fileList(view, words.files, "output", files)}`;
}

const sentenceRow = ({ texts: { results } }: View, { text, startSeconds, endSeconds, speaker }: Sentence): Html =>
  html`<li>
    <span class="at">${clockSpan(startSeconds, endSeconds)}</span>
    <p>
      ${speaker !== null && html`<span class="note">${results.speaker(speaker)}</span> `}<span ${languageOf(text)}
        >${text}</span
      >
    </p>
  </li>`;

export function translationView(view: View, { text, sourceLanguage, fileType, files }: TranslationResult): Html {
  const words = view.texts.results;
  return html`${text !== null && copyable(view, "translation", text, words.translatedText)}
  ${facts([
    [words.sourceLanguage, sourceLanguage],
    [words.fileType, fileType],
  ])}
  ${fileList(view, words.files, "output", files)}`;
}
