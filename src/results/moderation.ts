/**
 * What content moderation found, from its `Detail` or `Simple` form: a verdict, the reason for it, and where in the
 * content it applies. One reader reads pictures, videos, audio, texts, documents and web pages, since these differ only
 * in the names of their parts (436/47595, 436/48284).
 */
import { readScenes, readVerdict, type Scene, type Verdict, worstOf } from "./moderation-scenes.ts";
import { countAt, millisecondsAt, nodeAt, nodesAt, scoreAt, textAt, type WithDetail } from "./nodes.ts";

export type ModeratedContent = "picture" | "video" | "audio" | "text" | "document" | "web-page";

/** A part of the content, with its verdict, and with those of the positions that its kind has. */
export interface ModeratedPart {
  kind: "frame" | "sound" | "text" | "page" | "picture";
  verdict: Verdict | null;
  label: string | null;
  scenes: Scene[];
  /** The text read or heard in it, or the text itself. */
  text: string | null;
  /** A URL of it, which CI keeps for two hours. */
  url: string | null;
  /** From the start of the video or audio; null for a live stream. */
  startSeconds: number | null;
  /** Of a live stream: when it was taken, in ISO 8601. */
  takenAt: string | null;
  durationSeconds: number | null;
  /** From the start of the text, in characters, although CI calls it `StartByte`. */
  startCharacter: number | null;
  /** From 1. */
  page: number | null;
  sheet: number | null;
}

/** An entry of one of the account's own lists that the content matched. */
export interface ListHit {
  list: "allow" | "block" | null;
  name: string | null;
  entity: string | null;
}

export interface ModerationResult {
  /** Null if neither the event nor the parts tell. */
  content: ModeratedContent | null;
  /** CI's suggestion; without one, the worst verdict of a scene. */
  verdict: Verdict | null;
  /** The worst finding, such as `Porn`; `Normal` if there was none. */
  label: string | null;
  subLabel: string | null;
  category: string | null;
  /** 0 to 100: how sure the verdict is; only pictures have one as a whole. */
  score: number | null;
  /** What was looked for, hit or not, in the order sent. */
  scenes: Scene[];
  /** Every part looked at, in the order sent. `hitsOf` gives those that did not pass. */
  parts: ModeratedPart[];
  /** The text read or heard in it; null for a moderated text. */
  text: string | null;
  /** How many frames, pages or pieces of text there are. */
  partCount: number | null;
  /** What CI did to the object, if automatic freezing is on. */
  freeze: "none" | "frozen" | "moved" | null;
  lists: ListHit[];
}

/** A job with the event that told of it. */
export interface ReadableModeration extends WithDetail {
  /** `EventName`, such as `ReviewImage`. Answers of CI to questions about a job have none. */
  event?: string | null;
}

/** What each event is about. A live stream is a video. */
const CONTENT_OF_EVENT = new Map<string | null, ModeratedContent>([
  ["ReviewImage", "picture"],
  ["ReviewVideo", "video"],
  ["ReviewAudio", "audio"],
  ["ReviewText", "text"],
  ["ReviewDocument", "document"],
  ["ReviewHtml", "web-page"],
]);

interface PartList {
  path: readonly string[];
  kind: ModeratedPart["kind"];
  /** The only kind of content that has such parts. */
  content: ModeratedContent;
}

/** The nodes with the parts. Audio and texts both have a `Section`; that of a text has a `StartByte`. */
const PARTS: readonly PartList[] = [
  { path: ["Snapshot"], kind: "frame", content: "video" },
  { path: ["AudioSection"], kind: "sound", content: "video" },
  { path: ["Section"], kind: "sound", content: "audio" },
  { path: ["PageSegment", "Results"], kind: "page", content: "document" },
  { path: ["ImageResults", "Results"], kind: "picture", content: "web-page" },
  { path: ["TextResults", "Results"], kind: "text", content: "web-page" },
];

/**
 * Reads the result of a moderation job; null if there is none: it failed or is not over, it is another job, or its
 * bytes are no longer kept.
 * @example readModeration(job)?.verdict // "block"
 */
export function readModeration({ event = null, detail }: ReadableModeration): ModerationResult | null {
  const told = readVerdict(detail);
  const scenes = readScenes(nodeAt(detail, "Labels") ?? detail);
  if (told === null && scenes.length === 0) return null;
  const found = PARTS.flatMap((list) => nodesAt(detail, ...list.path).map((node) => readPart(node, list)));
  return {
    content: CONTENT_OF_EVENT.get(event) ?? found[0]?.content ?? null,
    verdict: told ?? worstOf(scenes),
    label: textAt(detail, "Label") ?? textAt(detail, "label"),
    subLabel: textAt(detail, "SubLabel"),
    category: textAt(detail, "Category"),
    score: scoreAt(detail, "Score") ?? scoreAt(detail, "score"),
    scenes,
    parts: found.map(({ part }) => part),
    text: textAt(detail, "AudioText") ?? textAt(detail, "Text"),
    partCount: countAt(detail, "SnapshotCount") ?? countAt(detail, "PageCount") ?? countAt(detail, "SectionCount"),
    freeze: readFreeze(detail),
    lists: nodesAt(detail, "ListInfo", "ListResults").map(readListHit),
  };
}

/** The parts that did not pass. */
export const hitsOf = ({ parts }: ModerationResult): ModeratedPart[] =>
  parts.filter(({ verdict }) => verdict === "block" || verdict === "review");

/** `content` is the kind of content that the part belongs to. */
function readPart(node: object, list: PartList): { part: ModeratedPart; content: ModeratedContent } {
  const isText = list.kind === "sound" && textAt(node, "StartByte") !== null;
  const scenes = readScenes(node);
  const part: ModeratedPart = {
    kind: isText ? "text" : list.kind,
    verdict: readVerdict(node) ?? worstOf(scenes),
    label: textAt(node, "Label"),
    scenes,
    text: textAt(node, "Text"),
    url: textAt(node, "Url"),
    ...readTime(node),
    durationSeconds: millisecondsAt(node, "Duration"),
    startCharacter: countAt(node, "StartByte"),
    page: countAt(node, "PageNumber"),
    sheet: countAt(node, "SheetNumber"),
  };
  return { part, content: isText ? "text" : list.content };
}

/** Longer than any video, in milliseconds: eleven days. Greater numbers are times of a live stream. */
const LONGEST_VIDEO_MILLISECONDS = 1_000_000_000;

/** Times of a live stream are Unix times. If one would be before 2001 in milliseconds, it is in seconds. */
function readTime(node: object): Pick<ModeratedPart, "startSeconds" | "takenAt"> {
  const time = countAt(node, "SnapshotTime") ?? countAt(node, "OffsetTime");
  if (time === null) return { startSeconds: null, takenAt: null };
  if (time < LONGEST_VIDEO_MILLISECONDS) return { startSeconds: time / 1000, takenAt: null };
  const date = new Date(time < 1000 * LONGEST_VIDEO_MILLISECONDS ? time * 1000 : time);
  return { startSeconds: null, takenAt: Number.isNaN(date.getTime()) ? null : date.toISOString() };
}

const FREEZES = new Map<string | null, NonNullable<ModerationResult["freeze"]>>([
  ["0", "none"],
  ["1", "frozen"],
  ["2", "moved"],
]);

/** `ForbidState` of the Detail form, `forbidden_status` of the Simple one. */
const readFreeze = (detail: object | null): ModerationResult["freeze"] =>
  FREEZES.get(textAt(detail, "ForbidState") ?? textAt(detail, "forbidden_status")) ?? null;

function readListHit(hit: object): ListHit {
  const type = textAt(hit, "ListType");
  return {
    list: type === "0" ? "allow" : type === "1" ? "block" : null,
    name: textAt(hit, "ListName"),
    entity: textAt(hit, "Entity"),
  };
}
