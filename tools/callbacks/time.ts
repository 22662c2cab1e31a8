/** Times as CI writes them. */

/** Times stand in the provider's zone; what lies between the parts differs from page to page. */
export function toBeijingTime(time: number, separator: "T" | " " = "T", zone: "+0800" | "+08:00" = "+0800"): string {
  return new Date(time + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", separator) + zone;
}
