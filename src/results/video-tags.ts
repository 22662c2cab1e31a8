/** `VideoTagResult`: what a video shows, and when (436/60167). Scores are from 0 to 100; CI sends 0 to 1. */
import { countAt, nodeAt, nodesAt, numberAt, scoreOutOf, textAt, textsAt } from "./nodes.ts";

export interface VideoTag {
  name: string;
  /** The category of the tag; null if CI gives none. */
  category: string | null;
  score: number | null;
}

/** A part of a video, with its tags. */
export interface TaggedSpan {
  startSeconds: number | null;
  endSeconds: number | null;
  tags: VideoTag[];
}

export interface TaggedPlace extends TaggedSpan {
  startFrame: number | null;
  endFrame: number | null;
  /** The best guess for each frame looked at, as sent, such as `Office: 0.55`. */
  frames: string[];
}

/** Where in the frame: fractions of its width and height, from the top left corner. */
export interface RelativeBox {
  left: number | null;
  top: number | null;
  right: number | null;
  bottom: number | null;
}

/** One thing at one moment. */
export interface Sighting {
  atSeconds: number | null;
  score: number | null;
  box: RelativeBox | null;
}

export interface TaggedPerson {
  name: string | null;
  score: number | null;
  /** How often the person appears. */
  count: number | null;
  sightings: Sighting[];
}

export interface TaggedObject extends Sighting {
  name: string | null;
}

export interface VideoTags {
  /** Of the video as a whole. */
  tags: VideoTag[];
  persons: TaggedPerson[];
  places: TaggedPlace[];
  actions: TaggedSpan[];
  objects: TaggedObject[];
}

/** Reads a `VideoTagResult` node; null if it has no data. */
export function readVideoTags(result: unknown): VideoTags | null {
  const data = nodeAt(result, "StreamData", "Data");
  if (data === null) return null;
  return {
    tags: readTags(data),
    persons: nodesAt(data, "PersonTags").map(readPerson),
    places: nodesAt(data, "PlaceTags").map((place) => ({
      ...readSpan(place),
      startFrame: countAt(place, "StartIndex"),
      endFrame: countAt(place, "EndIndex"),
      frames: textsAt(place, "ClipFrameResult"),
    })),
    actions: nodesAt(data, "ActionTags").map(readSpan),
    objects: nodesAt(data, "ObjectTags").flatMap(readObjects),
  };
}

/** A tag without a name says nothing. */
const readTags = (node: object): VideoTag[] =>
  nodesAt(node, "Tags").flatMap((tag) => {
    const name = textAt(tag, "Tag");
    return name === null ? [] : [{ name, category: textAt(tag, "TagCls"), score: scoreOutOf(1, tag, "Confidence") }];
  });

const readSpan = (span: object): TaggedSpan => ({
  startSeconds: numberAt(span, "StartTime"),
  endSeconds: numberAt(span, "EndTime"),
  tags: readTags(span),
});

const readPerson = (person: object): TaggedPerson => ({
  name: textAt(person, "Name"),
  score: scoreOutOf(1, person, "Confidence"),
  count: countAt(person, "Count"),
  sightings: nodesAt(person, "DetailPerSecond").map((moment) => readSighting(moment, numberAt(moment, "TimeStamp"))),
});

/** Everything that was seen at one moment. */
const readObjects = (moment: object): TaggedObject[] =>
  nodesAt(moment, "Objects").map((object) => ({
    name: textAt(object, "Name"),
    ...readSighting(object, numberAt(moment, "TimeStamp")),
  }));

const readSighting = (node: object, atSeconds: number | null): Sighting => ({
  atSeconds,
  score: scoreOutOf(1, node, "Confidence"),
  box: readBox(nodeAt(node, "BBox")),
});

const readBox = (box: object | null): RelativeBox | null =>
  box === null
    ? null
    : {
        left: numberAt(box, "X1"),
        top: numberAt(box, "Y1"),
        right: numberAt(box, "X2"),
        bottom: numberAt(box, "Y2"),
      };
