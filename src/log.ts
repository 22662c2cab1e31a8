/** One JSON line per event, for people and for filters. Never a body, a secret, or the URL that holds one. */
export type Level = "info" | "warn" | "error";

export function log(level: Level, event: string, fields: Record<string, unknown>): void {
  console[level](JSON.stringify({ level, event, ...fields }));
}
