/** How many calls to D1, KV, endpoints and CI a run may still make. A Worker on the free plan has 50. */
export class Budget {
  left: number;

  constructor(operations: number) {
    this.left = operations;
  }

  /** Spends so many calls; false, and spends nothing, if fewer are left. */
  spend(operations: number): boolean {
    if (this.left < operations) return false;
    this.left -= operations;
    return true;
  }
}
