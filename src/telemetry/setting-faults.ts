/** A wrong setting must not lose a callback, but it must be noticed: a line of the log for each, now and then. */
import { faultText, type SettingFault } from "../settings.ts";
import type { Log } from "./log.ts";

/** Shortest time between two reports of the same faults by one isolate, in milliseconds. */
const PAUSE_MILLISECONDS = 60_000;

/** What this isolate last reported, and when. */
let reported = { text: "", at: 0 };

/** Logs the faults when an isolate starts, when they change, and once a minute after that. */
export function reportSettingFaults(log: Log, faults: readonly SettingFault[]): void {
  if (faults.length === 0) return;
  const now = Date.now();
  const text = faults.map(faultText).join(" ");
  if (text === reported.text && now - reported.at < PAUSE_MILLISECONDS) return;
  reported = { text, at: now };
  for (const fault of faults) log("error", "wrong setting", { ...fault, message: faultText(fault) });
}
