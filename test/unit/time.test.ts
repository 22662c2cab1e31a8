import { expect, test } from "vitest";
import { parseTime } from "../../src/callback/time.ts";

test.each([
  ["2022-07-25T16:35:39+0800", "2022-07-25T08:35:39Z"],
  ["2022-08-09 14:54:17+0800", "2022-08-09T06:54:17Z"],
  ["2022-07-25T16:35:39+08:00", "2022-07-25T08:35:39Z"],
  ["2022-07-25T16:35:39Z", "2022-07-25T16:35:39Z"],
  ["2022-12-31T22:00:00-0330", "2023-01-01T01:30:00Z"],
  ["2024-02-29T00:00:00+0800", "2024-02-28T16:00:00Z"],
  ["2022-07-25T16:35:39.5+0800", "2022-07-25T08:35:39.500Z"],
  ["2022-07-25T16:35:39.123456789Z", "2022-07-25T16:35:39.123Z"],
  ["2022-07-25T16:35:39.000Z", "2022-07-25T16:35:39Z"],
])("%s is %s", (sent, read) => {
  expect(parseTime(sent)).toBe(read);
});

test.each([
  [null, "absent"],
  ["", "empty"],
  ["-", "not yet"],
  ["2022-07-25T16:35:39", "of no zone"],
  ["2022-07-25", "a day"],
  ["2023-02-29T00:00:00+0800", "no day of its month"],
  ["2022-13-01T00:00:00+0800", "of a thirteenth month"],
  ["2022-01-01T24:00:00+0800", "of a twenty-fifth hour"],
  ["2022-01-01T00:60:00+0800", "of a sixty-first minute"],
  ["2022-01-01T00:00:60+0800", "a leap second"],
  ["2022-01-01T00:00:00+2400", "of a zone a day away"],
  ["0001-01-01T00:00:00Z", "Go's zero time"],
  [" 2022-07-25T16:35:39Z", "after a space"],
  ["2022-07-25T16:35:39Z\n", "before a line feed"],
  ["1658738139", "seconds since 1970"],
])("%j is no time: %s", (sent, _why) => {
  expect(parseTime(sent)).toBeNull();
});
