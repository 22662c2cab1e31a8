/** Checks [vars] against the receiver's own table of settings, before anything is uploaded. Pure. */
import { readSettings, type SettingFault } from "../../src/settings.ts";
import { SETTINGS } from "../../src/setting-table.ts";

/** Every var whose value is not allowed. Whether there is a queue is the deploy's own matter, which makes it. */
export const settingFaults = (vars: Readonly<Record<string, unknown>>): readonly SettingFault[] =>
  readSettings({ ...vars, INTAKE_QUEUE: {} }).faults;

/** Vars that are not settings of the receiver: a name with a slip in it, or somebody else's. */
export const unknownVars = (vars: Readonly<Record<string, unknown>>): string[] =>
  Object.keys(vars).filter((name) => !Object.hasOwn(SETTINGS, name));
