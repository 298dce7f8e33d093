import { NEVER, type Part } from "../parts.ts";

/**
 * Slots for the operations of a part as a compiler assigns registers: taken at the call, free again at the return, so
 * there are as many as operations are ever open at once. Crashed operations and those of class -1 get none (-1). O(events).
 */
export function assignSlots(part: Part, classes: Int32Array): { readonly slots: Int32Array; readonly width: number } {
  const slots = new Int32Array(part.count).fill(-1);
  const free: number[] = [];
  let width = 0;
  for (let e = 0; e < part.eventCount; e++) {
    const event = part.events[e]!;
    const operation = event >> 1;
    if ((event & 1) === 1) {
      if (slots[operation]! >= 0) free.push(slots[operation]!);
    } else if (part.returns[operation] !== NEVER && classes[operation]! >= 0) slots[operation] = free.pop() ?? width++;
  }
  return { slots, width };
}
