/** What the endpoint of the tests is told, and what it tells. */

/** How one event is answered; 200 at once where nothing is planned. */
export interface Step {
  status?: number;
  headers?: Record<string, string>;
  delayMilliseconds?: number;
  /** Never answers; `drop` breaks the connection. */
  hang?: boolean;
  drop?: boolean;
  /** Answers all events from here on so. */
  always?: boolean;
}

export interface Seen {
  path: string;
  headers: Record<string, string>;
  body: string;
  /** Milliseconds since 1970. */
  at: number;
  /** The status it was answered with; null where it was not. */
  answered: number | null;
  /** Whether another attempt of the same event was under way. */
  overlaps: boolean;
}
