import { describe, expect, test } from "vitest";
import { readMedia } from "../../src/results/media.ts";
import { jobWith, jsonJobWith } from "./results.ts";

describe("video tags", () => {
  const box = { X1: "0.1", Y1: "0.2", X2: "0.8", Y2: "0.9" };
  const data = {
    Tags: [
      { Confidence: "0.57", Tag: "Desk" },
      { Confidence: "1.5", Tag: "Window", TagCls: "Room" },
      { Confidence: "1" },
    ],
    PersonTags: {
      Name: "A",
      Confidence: "0.9",
      Count: "2",
      DetailPerSecond: { TimeStamp: "3", Confidence: "0.8", BBox: box },
    },
    PlaceTags: {
      StartTime: "0",
      EndTime: "11.04",
      StartIndex: "0",
      EndIndex: "276",
      ClipFrameResult: ["Office: 0.55", "Sky: 0.2"],
      Tags: { Tag: "Office" },
    },
    ActionTags: [{ StartTime: "0", EndTime: "11", Tags: "" }],
    ObjectTags: { TimeStamp: "11", Objects: [{ Name: "Keyboard", Confidence: "0.5", BBox: box }, { Name: "Cup" }] },
  };
  const read = readMedia(jobWith("VideoTag", { VideoTagResult: { StreamData: { Data: data } } }))?.tags;
  const relative = { left: 0.1, top: 0.2, right: 0.8, bottom: 0.9 };

  test("are of the video, with scores from 0 to 100 where they are scores", () => {
    expect(read?.tags).toEqual([
      { name: "Desk", category: null, score: 57 },
      { name: "Window", category: "Room", score: null },
    ]);
  });

  test("are of persons, places, actions and objects, with their times in seconds", () => {
    expect(read?.persons).toEqual([
      { name: "A", score: 90, count: 2, sightings: [{ atSeconds: 3, score: 80, box: relative }] },
    ]);
    expect(read?.places).toEqual([
      {
        startSeconds: 0,
        endSeconds: 11.04,
        startFrame: 0,
        endFrame: 276,
        frames: ["Office: 0.55", "Sky: 0.2"],
        tags: [{ name: "Office", category: null, score: null }],
      },
    ]);
    expect(read?.actions).toEqual([{ startSeconds: 0, endSeconds: 11, tags: [] }]);
    expect(read?.objects).toEqual([
      { name: "Keyboard", atSeconds: 11, score: 50, box: relative },
      { name: "Cup", atSeconds: 11, score: null, box: null },
    ]);
  });

  test("are the same from JSON, whose newer form has numbers", () => {
    const job = jsonJobWith("VideoTag", { VideoTagResult: { StreamData: { Data: data } } });
    expect(readMedia(job)?.tags).toEqual(read);
  });
});
