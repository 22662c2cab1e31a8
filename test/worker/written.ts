/** What the receiver writes to the console, kept from it. */
import { afterEach, beforeEach, vi } from "vitest";

/** Of the running test, so far. */
export const written: string[] = [];

export const lines = () => written.map((line) => JSON.parse(line) as Record<string, unknown>);

/** For the tests of a file: each starts with nothing written. */
export function keepWritten(): void {
  beforeEach(() => {
    written.length = 0;
    for (const level of ["debug", "info", "warn", "error"] as const) {
      vi.spyOn(console, level).mockImplementation((line: string) => void written.push(line));
    }
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
}
