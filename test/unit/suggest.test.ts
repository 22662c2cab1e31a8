/** What a filter may have meant: a known state or type that differs in case or spelling alone. */
import { describe, expect, test } from "vitest";
import { codeMeant } from "../../src/ui/views/suggest.ts";
import { textsOf } from "../../src/ui/view.ts";

const { states, jobTypes } = textsOf("en");

describe("what was meant by a value", () => {
  test.each<[asked: string, names: Record<string, string>, code: string | null]>([
    ["success", states, "Success"],
    ["Sucess", states, "Success"],
    ["Paused", states, "Pause"],
    ["canceled", states, "Cancel"],
    ["WORDS_GENERALIZE", jobTypes, "WordsGeneralize"],
    ["word segmentation", jobTypes, "WordsGeneralize"],
    ["tts", jobTypes, "Tts"],
    ["SpeechRecogniton", jobTypes, "SpeechRecognition"],
    ["分词", textsOf("zh").jobTypes, "WordsGeneralize"],
  ])("%j is %s", (asked, names, code) => {
    expect(codeMeant(asked, names)).toBe(code);
  });

  test.each(["", "nonsense", "Suc", "Transcoder of films", "Tt"])("%j is like nothing known", (asked) => {
    expect(codeMeant(asked, states)).toBeNull();
    expect(codeMeant(asked, jobTypes)).toBeNull();
  });

  test("is nothing else where the value itself is known", () => {
    for (const names of [states, jobTypes])
      for (const code of Object.keys(names)) expect(codeMeant(code, names)).toBeNull();
  });
});
