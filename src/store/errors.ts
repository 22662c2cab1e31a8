/** Errors of a store, beside StoreError: something is wrong with the question, or with what is kept. */

/** A position that this store did not give. */
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

/** The stored bytes of a delivery are not the ones that came: their digest differs. */
export class CorruptBodyError extends Error {
  override readonly name = "CorruptBodyError";
  readonly delivery: string;

  constructor(delivery: string) {
    super(`The bytes kept for delivery ${delivery} are not the ones that came: their SHA-256 differs from its id.`);
    this.delivery = delivery;
  }
}
