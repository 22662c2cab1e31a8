const PATTERN = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:(Z)|([+-])(\d\d):?(\d\d))$/;

/**
 * Reads one of CI's times: `2022-07-25T16:35:39+0800`, `2022-08-09 14:54:17+0800`, `…+08:00`.
 * Gives ISO 8601 in UTC, to the second or, where CI sent a fraction, to the millisecond.
 * Null for `-` (not yet), for a time without a zone (which could mean any), and for what is no time.
 */
export function parseTime(text: string | null): string | null {
  const match = text === null ? null : PATTERN.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction, utc, sign, zoneHour, zoneMinute] = match;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const wall = Date.parse(`${local}Z`);
  // A day such as February 30 is moved on by some engines and refused by others: neither is a time CI sent.
  if (Number.isNaN(wall) || new Date(wall).toISOString().slice(0, 19) !== local) return null;
  const shift = utc === "Z" ? 0 : (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === "-" ? -60_000 : 60_000);
  const milliseconds = Number((fraction ?? "").padEnd(3, "0").slice(0, 3));
  const time = new Date(wall - shift + milliseconds).toISOString();
  return milliseconds === 0 ? time.replace(".000Z", "Z") : time;
}
