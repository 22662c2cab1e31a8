/**
 * The verdicts of content moderation, and the scenes that they are based on: one for each kind of content that was
 * looked for, such as `Porn` and `Ads`.
 */
import { contentAt, countAt, nodeAt, nodesAt, numberAt, scoreAt, textAt, textsAt } from "./nodes.ts";

/** `review` means "perhaps": a person should look. */
export type Verdict = "pass" | "review" | "block";

/** Where in a picture, in pixels from its top left corner. */
export interface PixelBox {
  xPixels: number | null;
  yPixels: number | null;
  widthPixels: number | null;
  heightPixels: number | null;
  rotationDegrees: number | null;
}

/** Text in a picture that matched. */
export interface FoundText {
  text: string | null;
  keywords: string[];
  box: PixelBox | null;
}

/** Something in a picture that was recognized, such as a person. */
export interface FoundObject {
  name: string | null;
  box: PixelBox | null;
}

/** A sample of a risk library that was matched. */
export interface LibraryHit {
  library: string | null;
  imageId: string | null;
  score: number | null;
  keywords: string[];
}

export interface Scene {
  /** As the Detail form names it, without `Info`: `Porn`, `Ads`, `Illegal`, `Abuse`; open. */
  name: string;
  verdict: Verdict | null;
  label: string | null;
  subLabel: string | null;
  category: string | null;
  /** 0 to 100. */
  score: number | null;
  /** How many parts of the content it hit; null if CI gives a score instead. */
  count: number | null;
  keywords: string[];
  texts: FoundText[];
  objects: FoundObject[];
  libraryHits: LibraryHit[];
}

/** `Result`, `Suggestion` and `HitFlag` use the same numbers. */
const VERDICTS = new Map<string | null, Verdict>([
  ["0", "pass"],
  ["1", "block"],
  ["2", "review"],
]);

const verdictOf = (code: string | null): Verdict | null => VERDICTS.get(code) ?? null;

/** The verdict on a job, or on a part of its content; null if the node has none. */
export const readVerdict = (node: unknown): Verdict | null =>
  verdictOf(textAt(node, "Result") ?? textAt(node, "Suggestion") ?? textAt(node, "result"));

/** The worst verdict of some scenes; null if none has one. */
export function worstOf(scenes: readonly Scene[]): Verdict | null {
  const worstFirst = ["block", "review", "pass"] as const;
  return worstFirst.find((verdict) => scenes.some((scene) => scene.verdict === verdict)) ?? null;
}

/** `PornInfo` of the Detail form, `porn_info` of the Simple one. Each scene has a `HitFlag`; `UserInfo` has none. */
export function readScenes(node: object | null): Scene[] {
  return Object.keys(node ?? {}).flatMap((name) => {
    const [, stem] = /^(.+?)_?Info$/i.exec(name) ?? [];
    const scene = nodeAt(node, name);
    const flag = textAt(scene, "HitFlag") ?? textAt(scene, "hit_flag");
    return stem === undefined || scene === null || flag === null ? [] : [readScene(toPascalCase(stem), scene, flag)];
  });
}

const readScene = (name: string, node: object, flag: string): Scene => ({
  name,
  verdict: verdictOf(flag),
  label: textAt(node, "Label") ?? textAt(node, "label"),
  subLabel: textAt(node, "SubLabel"),
  category: textAt(node, "Category"),
  score: scoreAt(node, "Score") ?? scoreAt(node, "score"),
  count: countAt(node, "Count") ?? countAt(node, "count"),
  keywords: keywordsAt(node),
  texts: nodesAt(node, "OcrResults").map((found) => ({
    text: textAt(found, "Text"),
    keywords: keywordsAt(found),
    box: readBox(found),
  })),
  objects: nodesAt(node, "ObjectResults").map((found) => ({ name: textAt(found, "Name"), box: readBox(found) })),
  libraryHits: nodesAt(node, "LibResults").map((hit) => ({
    library: textAt(hit, "LibName"),
    imageId: textAt(hit, "ImageId"),
    score: scoreAt(hit, "Score"),
    keywords: keywordsAt(hit),
  })),
});

/** A list of keywords, or one text with commas between them. */
function keywordsAt(node: object): string[] {
  if (Array.isArray(contentAt(node, "Keywords"))) return textsAt(node, "Keywords");
  return (textAt(node, "Keywords") ?? "").split(",").filter((keyword) => keyword !== "");
}

function readBox(found: object): PixelBox | null {
  const location = nodeAt(found, "Location");
  if (location === null) return null;
  return {
    xPixels: numberAt(location, "X"),
    yPixels: numberAt(location, "Y"),
    widthPixels: numberAt(location, "Width"),
    heightPixels: numberAt(location, "Height"),
    rotationDegrees: numberAt(location, "Rotate"),
  };
}

const toPascalCase = (name: string): string =>
  name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
