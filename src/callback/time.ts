/**
 * The pattern checks every range but the number of days in a month. It refuses the year 1, which Go writes for a
 * missing time.
 */
const PATTERN =
  /^([1-9]\d{3}-(?:0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))[T ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(\.\d{1,9})?(?:Z|([+-])([01]\d|2[0-3]):?([0-5]\d))$/;

/** Every match has a date. A fraction and a zone in digits may be absent. */
type Matched = [string, string, ...(string | undefined)[]] & RegExpExecArray;

const DAY_MINUTES = 24 * 60;

/**
 * Reads one of CI's times: `2022-07-25T16:35:39+0800`, `2022-08-09 14:54:17+0800`, `…+08:00`. Gives ISO 8601 in UTC, to
 * the second, or to the millisecond if CI sent a fraction. Null for `-` (not yet), for a time without a zone, and for
 * anything that is not a time.
 */
export function parseTime(text: string | null): string | null {
  const match = text === null ? null : PATTERN.exec(text);
  if (match === null) return null;
  const [, date, day, hour, minute, second, fraction, sign, zoneHour = "0", zoneMinute = "0"] = match as Matched;
  if (Number(day) > 28 && movedBy(0, date) !== date) return null;
  const zone = Number(zoneHour) * 60 + Number(zoneMinute);
  const minutes = Number(hour) * 60 + Number(minute) + (sign === "-" ? zone : -zone);
  const days = Math.floor(minutes / DAY_MINUTES);
  const ofDay = minutes - days * DAY_MINUTES;
  const utcDate = days === 0 ? date : movedBy(days, date);
  // The digits are changed as text, because a Date takes four times as long.
  return `${utcDate}T${twoDigits(Math.floor(ofDay / 60))}:${twoDigits(ofDay % 60)}:${second}${toMilliseconds(fraction)}Z`;
}

/** The date so many days later. For 0 days the result differs from `date` if the month has no such day. */
function movedBy(days: number, date: string): string {
  const moved = new Date(0);
  moved.setUTCFullYear(Number(date.slice(0, 4)), Number(date.slice(5, 7)) - 1, Number(date.slice(8)) + days);
  return moved.toISOString().slice(0, -"T00:00:00.000Z".length);
}

const twoDigits = (number: number): string => (number < 10 ? `0${number}` : String(number));

function toMilliseconds(fraction: string | undefined): string {
  if (fraction === undefined) return "";
  const digits = fraction.slice(0, 4).padEnd(4, "0");
  return digits === ".000" ? "" : digits;
}
