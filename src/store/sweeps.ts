/**
 * How far CI's lists of jobs were read. The state belongs to the sweep; the store only keeps it, and refuses to
 * overwrite a state that another run has written.
 */

export interface KeptSweep {
  /** The state as it was written: JSON. */
  state: unknown;
  version: number;
}

export interface Sweeps {
  /** States by name, without those that never began. */
  read(names: readonly string[]): Promise<ReadonlyMap<string, KeptSweep>>;
  /** Writes if the version is still this one (0: there was none). False if another run has written since. */
  write(name: string, version: number, state: unknown): Promise<boolean>;
}
