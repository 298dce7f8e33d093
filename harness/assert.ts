/** A claim about our own code; a false one is a bug and crashes. Stays on in runs. */
export function assert(condition: boolean, claim: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${claim}`);
}

/** Ends every `switch` over a union: a new member is a type error here first. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
