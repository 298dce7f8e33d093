import { type OpGenerator, pending } from "../generator.ts";

/** Waits for ever: for the side of a pair that has nothing to do but must not end it. */
export const never: OpGenerator = {
  draw: () => pending(never),
  update: () => never,
};
