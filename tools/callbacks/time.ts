/** Times as CI writes them. */

/** Times are in the provider's zone. The separators differ from page to page. */
export function toBeijingTime(time: number, separator: "T" | " " = "T", zone: "+0800" | "+08:00" = "+0800"): string {
  return new Date(time + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", separator) + zone;
}
