/** What is to be seen in a video and how good it looks, each with its score as a bar. */
import { html } from "hono/html";
import type { Quality } from "../../../results/media.ts";
import type { TaggedPerson, TaggedSpan, VideoTag, VideoTags } from "../../../results/video-tags.ts";
import type { Html, View } from "../../view.ts";
import { type Fact, facts } from "../elements.ts";
import { clockSpan, clockText, group, joined, rows, scoreBar } from "./parts.ts";

/** A name, what is said of it, and a score. */
interface Scored {
  name: string | null;
  note: string | null;
  score: number | null;
}

function scored(view: View, title: string, items: readonly Scored[]): Html | false {
  const list = html`<ul class="rows scores">
    ${rows(view, items, ({ name, note, score }) => {
      const said = name ?? view.texts.results.unnamed;
      return html`<li>
        <span class="score-name">${said}${note !== null && html` <span class="note">${note}</span>`}</span>
        ${score !== null && scoreBar(view, said, score)}
      </li>`;
    })}
  </ul>`;
  return group(title, items.length > 0, list);
}

export function qualityView(view: View, { score, hasAudio, hasVideo, defects }: Quality): Html | false {
  const { yes, no, notSaid, results: words } = view.texts;
  const said = (value: boolean | null) => (value === null ? null : value ? yes : no);
  const lines: Fact[] = [
    [words.score, score === null ? notSaid : scoreBar(view, words.quality, score)],
    [words.hasVideo, said(hasVideo)],
    [words.hasAudio, said(hasAudio)],
  ];
  const found = defects.map(({ type, score: sure, startSeconds, endSeconds }) => ({
    name: type,
    note: clockSpan(startSeconds, endSeconds),
    score: sure,
  }));
  return group(words.quality, true, html`${facts(lines)} ${scored(view, words.defects, found)}`);
}

export function tagsView(view: View, { tags, persons, places, actions, objects }: VideoTags): Html {
  const words = view.texts.results;
  return html`${scored(view, words.tags, tags.map(scoredTag))}
  ${scored(
    view,
    words.persons,
    persons.map((person) => scoredPerson(view, person)),
  )}
  ${scored(view, words.places, places.flatMap(scoredSpan))} ${scored(view, words.actions, actions.flatMap(scoredSpan))}
  ${scored(
    view,
    words.objects,
    objects.map(({ name, score, atSeconds }) => ({
      name,
      note: atSeconds === null ? null : clockText(atSeconds),
      score,
    })),
  )}`;
}

const scoredTag = ({ name, category, score }: VideoTag): Scored => ({ name, note: category, score });

function scoredPerson({ texts: { results } }: View, { name, score, count, sightings }: TaggedPerson): Scored {
  const seen = sightings.flatMap(({ atSeconds }) => (atSeconds === null ? [] : [clockText(atSeconds)]));
  return { name, note: joined([count === null ? null : results.times(count), seen.slice(0, 5).join(", ")]), score };
}

const scoredSpan = ({ startSeconds, endSeconds, tags }: TaggedSpan): Scored[] =>
  tags.map(({ name, category, score }) => ({
    name,
    note: joined([clockSpan(startSeconds, endSeconds), category]),
    score,
  }));
