/** What a check has found. */
export interface Finding {
  check: string;
  verdict: "ok" | "warning" | "fault" | "left out";
  says: string;
  /** What to do about it. */
  remedy?: string;
}

type Make = (check: string, says: string, remedy?: string) => Finding;

const made =
  (verdict: Finding["verdict"]): Make =>
  (check, says, remedy) => ({ check, verdict, says, ...(remedy !== undefined && { remedy }) });

export const good = made("ok");
export const warning = made("warning");
export const fault = made("fault");
export const leftOut = made("left out");
