/** The words of the pages: each is used somewhere, and Chinese has one for whatever English has. */
import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { textsOf } from "../../src/ui/view.ts";

const UI = new URL("../../src/ui/", import.meta.url).pathname;
const source = globSync([`${UI}view.ts`, `${UI}{views,handlers}/**/*.ts`])
  .map((path) => readFileSync(path, "utf8"))
  .join("\n");

/** Read as a member, or taken out of an object. */
const isUsed = (name: string): boolean => new RegExp(`\\.${name}\\b|[{,]\\s*${name}\\s*(?:[,:}]|=(?!=))`).test(source);

/** By names of the provider or of this project's own words: looked up by them, not written down anywhere. */
const LOOKED_UP = new Set(["states", "jobTypes", "scenes", "problems", "filterFaults", "channelLayouts"]);

const namesOf = (texts: object): [path: string, name: string, text: unknown][] =>
  Object.entries(texts).flatMap(([name, text]) =>
    typeof text === "object" && text !== null && !LOOKED_UP.has(name)
      ? [[name, name, text], ...namesOf(text).map(([path, ...rest]) => [`${name}.${path}`, ...rest] as never)]
      : [[name, name, text]],
  );

/** Groups whose members are looked up by a value of the program's: a status, a verdict, a format. */
const BY_VALUE = /^(?:fields|wordFormats|statuses|statusHints|search|units|news|.*\.(?:\w+s|part))\./;

describe("the texts of the pages", () => {
  test("are all used", () => {
    const unused = namesOf(textsOf("en"))
      .filter(([path, name]) => !BY_VALUE.test(path) && !isUsed(name))
      .map(([path]) => path);
    expect(unused).toEqual([]);
  });

  test("are there in both languages, and none is empty", () => {
    const [english, chinese] = [namesOf(textsOf("en")), namesOf(textsOf("zh"))];
    expect(chinese.map(([path]) => path).toSorted()).toEqual(english.map(([path]) => path).toSorted());
    for (const [path, , text] of [...english, ...chinese]) expect([path, text]).not.toEqual([path, ""]);
  });

  test("have in Chinese every state and type that they have in English", () => {
    for (const group of ["states", "jobTypes"] as const)
      expect(Object.keys(textsOf("zh")[group])).toEqual(Object.keys(textsOf("en")[group]));
  });
});
