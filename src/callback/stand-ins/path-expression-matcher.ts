/** For `path-expression-matcher`, which keeps the path to the current element: there are no `stopNodes`, and `jPath` is off. */
import { absent } from "./absent.ts";

export class Matcher {
  readonly reset = (): void => {};
  readonly push = (): void => {};
  readonly pop = (): void => {};
  readonly updateCurrent = (): void => {};
  readonly readOnly = (): this => this;
  /** Compared with `unpairedTags`, of which there are none. */
  readonly getCurrentTag = (): undefined => undefined;
  readonly matchesAny = absent("Matcher.matchesAny");
  readonly toString = absent("Matcher.toString");
}

export class ExpressionSet {
  readonly size = 0;
}

export const Expression = absent("Expression");
