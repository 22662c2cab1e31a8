/** Checks [vars] against the receiver's own table of settings, before anything is uploaded. Pure. */
import { allowedOf, readSettings, SETTINGS } from "../../src/settings.ts";

export interface SettingFault {
  name: string;
  value: string;
  /** What is allowed, in words. */
  allowed: string;
}

const isSetting = (name: string): name is keyof typeof SETTINGS => Object.hasOwn(SETTINGS, name);

/** Every var whose value the receiver would refuse. */
export function settingFaults(vars: Readonly<Record<string, unknown>>): SettingFault[] {
  return Object.entries(vars).flatMap(([name, value]) => {
    if (!isSetting(name) || isAllowed(name, value)) return [];
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return [{ name, value: text, allowed: allowedOf(name) }];
  });
}

/** Vars that are not settings of the receiver: a name with a slip in it, or somebody else's. */
export const unknownVars = (vars: Readonly<Record<string, unknown>>): string[] =>
  Object.keys(vars).filter((name) => !isSetting(name));

/** The only place that knows how the receiver tells: it throws, some of it only when a setting is read. */
function isAllowed(name: keyof typeof SETTINGS, value: unknown): boolean {
  try {
    const settings = readSettings({ [name]: value });
    return settings.retentionDays !== undefined && settings.logLevel !== undefined;
  } catch {
    return false;
  }
}
