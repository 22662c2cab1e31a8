/** The defects of `npm run test:planted`: it takes too long for each change, so that they fit the source is checked here. */
import { expect, test } from "vitest";
import { DEFECTS, planted } from "../../tools/planted.ts";

test.each(DEFECTS.map((defect) => [defect.name, defect] as const))("the source has a place for: %s", (_, defect) => {
  const edited = planted(defect);
  expect([...edited.keys()].toSorted()).toEqual([...new Set(defect.edits.map(({ file }) => file))].toSorted());
});

test("an edit whose text is not in the source is refused", () => {
  const edits = [{ file: "index.ts", from: "no such text", to: "" }];
  expect(() => planted({ name: "a defect", edits })).toThrow('"a defect" does not fit: src/index.ts');
});
