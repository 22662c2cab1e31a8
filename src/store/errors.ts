/** What a store rejects with, beside a StoreError: something of the question, or of what is kept, is wrong. */

/** A position that this store never gave. */
export class PositionError extends Error {
  override readonly name = "PositionError";
}

/** The store in use cannot filter by this. */
export class FilterError extends Error {
  override readonly name = "FilterError";
}

/** The store in use cannot do this at all. */
export class UnsupportedError extends Error {
  override readonly name = "UnsupportedError";
}

/** The bytes that a store gave for a delivery are not the ones that were kept: their digest is another. */
export class CorruptBodyError extends Error {
  override readonly name = "CorruptBodyError";
  readonly delivery: string;

  constructor(delivery: string) {
    super(`The bytes kept for delivery ${delivery} are not the ones that came: their SHA-256 differs from its id.`);
    this.delivery = delivery;
  }
}
