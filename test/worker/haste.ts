/** Time limits that come sooner: what never answers is given up as ever, and no test waits out the real limit. */
import { vi } from "vitest";

/** Makes every `AbortSignal.timeout` so many times as short, until mocks are restored. */
export function hasten(times: number): void {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  vi.spyOn(AbortSignal, "timeout").mockImplementation((milliseconds) => timeout(milliseconds / times));
}
