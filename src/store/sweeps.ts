/** How far CI's lists of jobs were walked. The state is the sweep's own; a store keeps it, and who writes on what is no longer there is told so. */

export interface KeptSweep {
  /** As it was written, and so JSON. */
  state: unknown;
  version: number;
}

export interface Sweeps {
  /** By name; those that never began are absent. */
  read(names: readonly string[]): Promise<ReadonlyMap<string, KeptSweep>>;
  /** Writes where the version is still that one (0: there was none). False if another run has written since. */
  write(name: string, version: number, state: unknown): Promise<boolean>;
}
