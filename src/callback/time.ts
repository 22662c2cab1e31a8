/** Ranges are the pattern's, so that only the length of a month is left to check. Year 1 is Go's word for no time. */
const PATTERN =
  /^([1-9]\d{3}-(?:0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))[T ]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?)(?:Z|([+-](?:[01]\d|2[0-3])):?([0-5]\d))$/;

/**
 * Reads one of CI's times: `2022-07-25T16:35:39+0800`, `2022-08-09 14:54:17+0800`, `…+08:00`.
 * Gives ISO 8601 in UTC, to the second or, where CI sent a fraction, to the millisecond.
 * Null for `-` (not yet), for a time without a zone (which could mean any), and for what is no time.
 */
export function parseTime(text: string | null): string | null {
  const match = text === null ? null : PATTERN.exec(text);
  if (match === null) return null;
  const [, date, day, time, zoneHour = "+00", zoneMinute = "00"] = match;
  // Engines differ about February 30: some refuse it, and some take it for March 1 or 2.
  if (Number(day) > 28 && new Date(`${date}T00:00:00Z`).getUTCDate() !== Number(day)) return null;
  return new Date(`${date}T${time}${zoneHour}:${zoneMinute}`).toISOString().replace(".000Z", "Z");
}
