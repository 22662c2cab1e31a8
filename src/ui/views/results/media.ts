/** What a media job made and found: a line that says what the file is, its streams, its files, scores and tags. */
import { html } from "hono/html";
import type { AudioStream, MediaInfo, VideoStream } from "../../../results/media-info.ts";
import type { MediaFile, MediaResult, Spoken, Watermark } from "../../../results/media.ts";
import { type Html, numberText, type View } from "../../view.ts";
import { copyable, type Fact, facts, sizeText } from "../elements.ts";
import { clockText, fileList, group, joined } from "./parts.ts";
import { qualityView, tagsView } from "./video-tags.ts";

export function mediaView(view: View, { files, sprites, info, quality, tags, watermark, spoken }: MediaResult): Html {
  const words = view.texts.results;
  const summary = info === null ? null : summaryOf(view, info);
  return html`${summary !== null && html`<p class="summary">${summary}</p>`} ${info !== null && streams(view, info)}
  ${fileList(view, words.files, "output", files, (file) => fileNote(view, file))}
  ${fileList(view, words.sprites, "sprite", sprites)} ${quality !== null && qualityView(view, quality)}
  ${tags !== null && tagsView(view, tags)} ${watermark !== null && watermarkView(view, watermark)}
  ${spoken !== null && spokenView(view, spoken)}`;
}

/** `1280×720 · H.264 · 25 fps · 2:37 · 108.6 MiB`: what is known of it. */
export function summaryOf(view: View, { format, video, audio }: MediaInfo): string | null {
  const [picture] = video;
  const [sound] = audio;
  const duration = format?.durationSeconds ?? picture?.durationSeconds ?? sound?.durationSeconds ?? null;
  return joined([
    ...(picture === undefined ? soundOf(view, sound) : pictureOf(view, picture)),
    duration === null ? null : clockText(duration),
    format?.sizeBytes == null ? null : sizeText(format.sizeBytes),
  ]);
}

function pictureOf(view: View, { widthPixels, heightPixels, codec, ...video }: VideoStream): (string | null)[] {
  const rate = video.framesPerSecond ?? video.averageFramesPerSecond;
  return [
    widthPixels === null || heightPixels === null ? null : `${widthPixels}×${heightPixels}`,
    codecName(codec),
    rate === null ? null : `${numberText(view, Math.round(rate * 100) / 100)} fps`,
  ];
}

function soundOf(view: View, sound: AudioStream | undefined): (string | null)[] {
  if (sound === undefined) return [];
  const { codec, sampleRateHertz, channelLayout, channelCount } = sound;
  const { channels, channelLayouts } = view.texts.results;
  const layout = channelLayout === null ? null : (channelLayouts[channelLayout] ?? channelLayout);
  return [
    codecName(codec),
    sampleRateHertz === null ? null : `${numberText(view, sampleRateHertz / 1000)} kHz`,
    layout ?? (channelCount === null ? null : channels(channelCount)),
  ];
}

/** How people write the names of codecs that FFmpeg writes otherwise. */
const CODECS = new Map([
  ["h264", "H.264"],
  ["hevc", "H.265"],
  ["h265", "H.265"],
  ["av1", "AV1"],
  ["vp8", "VP8"],
  ["vp9", "VP9"],
  ["aac", "AAC"],
  ["mp3", "MP3"],
  ["opus", "Opus"],
  ["flac", "FLAC"],
]);

const codecName = (codec: string | null): string | null =>
  codec === null ? null : (CODECS.get(codec.toLowerCase()) ?? codec);

/** `und` says that the language of a stream is not known. */
const languageName = (language: string | null): string | null => (language === "und" ? null : language);

/** `1.2 Mbit/s`, `128 kbit/s`. */
function bitrateText(view: View, bitsPerSecond: number | null): string | null {
  if (bitsPerSecond === null) return null;
  return bitsPerSecond < 1_000_000
    ? `${numberText(view, Math.round(bitsPerSecond / 1000))} kbit/s`
    : `${numberText(view, Math.round(bitsPerSecond / 100_000) / 10)} Mbit/s`;
}

function streams(view: View, { format, video, audio, subtitles }: MediaInfo): Html {
  const words = view.texts.results;
  const numbered = (name: string, index: number, all: readonly unknown[]) =>
    all.length === 1 ? name : `${name} ${index + 1}`;
  const rows: Fact[] = [
    [words.container, format === null ? null : joined([format.longName ?? format.name])],
    [words.bitrate, bitrateText(view, format?.bitsPerSecond ?? null)],
    ...video.map((stream, index): Fact => {
      const { profile, displayAspectRatio, bitsPerSecond, language } = stream;
      const more = [profile, displayAspectRatio, bitrateText(view, bitsPerSecond), languageName(language)];
      return [numbered(words.video, index, video), joined([...pictureOf(view, stream), ...more])];
    }),
    ...audio.map((stream, index): Fact => {
      const more = [bitrateText(view, stream.bitsPerSecond), languageName(stream.language)];
      return [numbered(words.audio, index, audio), joined([...soundOf(view, stream), ...more])];
    }),
    [words.subtitles, joined(subtitles.map(({ language }) => languageName(language)))],
  ];
  return facts(rows);
}

const fileNote = ({ texts: { results } }: View, { part, streamIndex }: MediaFile): string | null =>
  joined([part === null ? null : results.part[part], streamIndex === null ? null : results.stream(streamIndex)]);

const watermarkView = (view: View, { text, type, version, state }: Watermark): Html | false => {
  const words = view.texts.results;
  const rows: Fact[] = [
    [words.watermarkText, text],
    [words.kind, type],
    [words.version, version],
    [view.texts.state, state],
  ];
  return group(words.watermark, true, facts(rows));
};

const spokenView = (view: View, { text, url }: Spoken): Html | false => {
  const { spoken } = view.texts.results;
  return group(spoken, true, copyable(view, "spoken", text ?? url ?? "", spoken));
};
