import fc from "fast-check";
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
  ["2022-07-25T16:35:39.0004Z", "2022-07-25T16:35:39Z"],
  ["2022-01-01T07:59:59+0800", "2021-12-31T23:59:59Z"],
  ["2022-01-01T08:00:00+0800", "2022-01-01T00:00:00Z"],
  ["2024-02-28T23:00:00-0200", "2024-02-29T01:00:00Z"],
  ["2023-02-28T12:00:00-2359", "2023-03-01T11:59:00Z"],
  ["9999-12-31T23:00:00-0200", "+010000-01-01T01:00:00Z"],
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

test("any time is read as the engine's own reader of ISO 8601 reads it", () => {
  const pair = (most: number) => fc.integer({ min: 0, max: most }).map((number) => String(number).padStart(2, "0"));
  const day = fc
    .date({ min: new Date("1000-01-02T00:00:00Z"), max: new Date("9999-12-30T00:00:00Z"), noInvalidDate: true })
    .map((date) => date.toISOString().slice(0, 10));
  const fraction = fc.option(fc.integer({ min: 0, max: 999 }), { nil: null });
  const time = fc.tuple(day, pair(23), pair(59), pair(59), fraction, fc.constantFrom("+", "-"), pair(23), pair(59));
  fc.assert(
    fc.property(time, ([date, hour, minute, second, milliseconds, sign, zoneHour, zoneMinute]) => {
      const digits = milliseconds === null ? "" : `.${String(milliseconds).padStart(3, "0")}`;
      const start = `${date}T${hour}:${minute}:${second}${digits}${sign}${zoneHour}`;
      const expected = new Date(`${start}:${zoneMinute}`).toISOString().replace(".000Z", "Z");
      expect(parseTime(`${start}${zoneMinute}`)).toBe(expected);
    }),
    { numRuns: 1000 },
  );
});
