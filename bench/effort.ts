/** How long a part may take: `--quick` shows that it works, and measures badly. */
export interface Effort {
  quick: boolean;
}
