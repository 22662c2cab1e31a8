/** What one run may still ask of D1, KV and endpoints, in calls: a Worker on the free plan has 50. */
export class Budget {
  left: number;

  constructor(operations: number) {
    this.left = operations;
  }

  /** Spends that many calls, where there are as many. */
  spend(operations: number): boolean {
    if (this.left < operations) return false;
    this.left -= operations;
    return true;
  }
}
