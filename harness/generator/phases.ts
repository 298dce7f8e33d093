import type { OpGenerator } from "../generator.ts";
import { sequence } from "./sequence.ts";
import { synchronize } from "./synchronize.ts";

/**
 * One after another with a barrier before each: no op of a phase begins before all ops of the phase before have ended.
 *
 *     thread 0  |-- a --|  |- a -|    ‖ |-- b --|
 *     thread 1  |---------- a -------|‖ |- b -|
 */
export function phases(...generators: readonly OpGenerator[]): OpGenerator {
  return sequence(generators.map((generator) => synchronize(generator)));
}
