import { contradiction, GroupOrder, type Monitor } from "../monitor.ts";
import { NEVER } from "../parts.ts";

/**
 * Fetch-and-add of positive amounts: each answer is the sum before, so the answers are the order. They must form one
 * chain without gaps from the initial value, reads must find a sum of the chain, and nothing may have returned before
 * something earlier in the chain was called. A gap could only be filled by crashed additions: then the search is asked.
 * O(n log n).
 */
export const fetchAddChain: Monitor = {
  name: "fetch-add-chain",
  summary: "fetch-and-add of positive amounts: O(n log n)",
  judge(part) {
    const { spec, classTable, classes, calls, returns } = part;
    if (spec.behavesAs !== "fetch-add" || typeof spec.initial !== "number") return undefined;
    const adds: number[] = [];
    const reads: number[] = [];
    let crashed = false;
    for (let i = 0; i < part.count; i++) {
      const { call, recorded } = classTable[classes[i]!]!;
      if (call.f === "fetch-add" && !(typeof call.value === "number" && call.value > 0)) return undefined;
      if (returns[i] === NEVER) crashed = true;
      else if (typeof recorded !== "number") return contradiction(i);
      else (call.f === "read" ? reads : adds).push(i);
    }
    const answer = (operation: number): number => Number(classTable[classes[operation]!]!.recorded);
    const byAnswer = (a: number, b: number): number => answer(a) - answer(b);
    adds.sort(byAnswer);
    reads.sort(byAnswer);
    const order = new GroupOrder();
    // Sums do not fall, and what found the same one stands as it was called.
    const chain: number[] = [];
    let sum = spec.initial;
    let read = 0;
    let previous = -1;
    for (let at = 0; at <= adds.length; at++) {
      const add = at < adds.length ? adds[at]! : -1;
      order.next();
      for (; read < reads.length && answer(reads[read]!) <= sum; read++) {
        const reader = reads[read]!;
        if (answer(reader) < sum) return crashed ? undefined : contradiction(reader, previous);
        const before = order.add(reader, calls[reader]!, returns[reader]!);
        if (before >= 0) return contradiction(reader, before);
        chain.push(reader);
      }
      if (add < 0) break;
      if (answer(add) !== sum) {
        // Answered twice: nothing can explain it. A gap: perhaps a crashed addition.
        if (previous >= 0 && answer(add) === answer(previous)) return contradiction(previous, add);
        return crashed ? undefined : contradiction(previous, add);
      }
      order.next();
      const before = order.add(add, calls[add]!, returns[add]!);
      if (before >= 0) return contradiction(add, before);
      chain.push(add);
      sum += Number(classTable[classes[add]!]!.call.value);
      previous = add;
    }
    if (read < reads.length) return crashed ? undefined : contradiction(reads[read]!, previous);
    return { linearizable: true, linearization: () => chain };
  },
};
