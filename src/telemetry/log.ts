/**
 * One JSON line per event, for people and for filters. A line never has a body, a secret, or a URL that contains one.
 * It is always short, whatever a callback names, and never makes a request fail. All lines: docs/operations.md.
 */
const LEVELS = ["debug", "info", "warn", "error"] as const;

export type Level = (typeof LEVELS)[number];

/** What a line is about. */
export const EVENTS = [
  "callback",
  "wrong key",
  "look-up",
  "upkeep",
  "queue",
  "attempt failed",
  "attempt not made",
  "event failed",
  "ask failed",
  "job without place",
  "callback disputed",
  "list too large",
  "request",
  "wrong setting",
  "point not written",
  "log failed",
] as const;

type Event = (typeof EVENTS)[number];

export type Log = (level: Level, event: Event, fields: Record<string, unknown>) => void;

/** Longest text in a line, in characters: the sender chooses the length of ids and tags. */
const TEXT_CHARACTERS = 200;

/** How many items of a list are in a line: one delivery may name 10,000 jobs. */
const LIST_ITEMS = 10;

/** A log that writes the lines of this level and above. */
export function logger(least: Level): Log {
  return (level, event, fields) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    try {
      console[level](JSON.stringify({ level, event, ...fields }, shortened));
    } catch (error) {
      const failed: Event = "log failed";
      console.error(JSON.stringify({ level: "error", event: failed, about: event, message: String(error) }));
    }
  };
}

function shortened(_: string, value: unknown): unknown {
  if (typeof value === "string" && value.length > TEXT_CHARACTERS) return `${value.slice(0, TEXT_CHARACTERS)}…`;
  if (Array.isArray(value) && value.length > LIST_ITEMS) return value.slice(0, LIST_ITEMS);
  return value;
}
