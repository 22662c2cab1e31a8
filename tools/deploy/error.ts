/** A deploy that cannot go on, in words for the user. Anything else that is thrown is a bug. */
export class DeployError extends Error {
  override readonly name = "DeployError";
}
