/** Ranges are the pattern's, so that only the length of a month is left to check. Year 1 is Go's word for no time. */
const PATTERN =
  /^([1-9]\d{3})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[T ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?(?:Z|([+-])([01]\d|2[0-3]):?([0-5]\d))$/;

/**
 * Reads one of CI's times: `2022-07-25T16:35:39+0800`, `2022-08-09 14:54:17+0800`, `…+08:00`.
 * Gives ISO 8601 in UTC, to the second or, where CI sent a fraction, to the millisecond.
 * Null for `-` (not yet), for a time without a zone (which could mean any), and for what is no time.
 */
export function parseTime(text: string | null): string | null {
  const match = text === null ? null : PATTERN.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction = "", sign, zoneHour, zoneMinute] = match;
  const wall = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const milliseconds = Number(fraction.padEnd(3, "0").slice(0, 3));
  if (new Date(wall).getUTCDate() !== Number(day)) return null;
  const shift =
    sign === undefined ? 0 : (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === "-" ? -60_000 : 60_000);
  const time = new Date(wall - shift + milliseconds).toISOString();
  return milliseconds === 0 ? time.replace(".000Z", "Z") : time;
}
