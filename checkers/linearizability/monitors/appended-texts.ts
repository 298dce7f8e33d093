import { contradiction, type Monitor, type MonitorAnswer } from "../monitor.ts";
import type { Part } from "../parts.ts";
import { byteColumn, int32Column } from "../small-columns.ts";
import { CAS, NOTHING, READ, WRITE } from "../register-forms.ts";
import { judgeRegister } from "./register-zones.ts";
import { cutterFor, INITIAL, TextChains, type Writes } from "./text-chains.ts";
import { assignWriters } from "./text-writers.ts";

/**
 * A key that texts are appended to, where what a get answers can be cut into the texts written in one way only: such an
 * answer names every write that it saw, in order, and the key is a register whose values are the states that were seen.
 *
 *     get "x1.x2.x3."      reads the state after x3
 *     append "x3."         cas from the state after x2         where some get has it right after "x2."
 *                          write of a value that nobody reads  where no get has it
 *     put "x1."            write
 *
 * The last line of append is exact: an append that nobody saw ends what can be observed until the next put, and so does
 * a write of a value that nobody reads. The register's values are unique, so its zones decide it.
 *
 * A text may be written more than once (clients that retry). Then it must be known which operation a get saw: often
 * only one of them was begun before the get's end and ended after what came before it (`assignWriters`). Where several
 * could be meant one is assumed, and then only `linearizable` is an answer.
 * O(operations + length of the texts that were got).
 */
export const appendedTexts: Monitor = {
  name: "appended-texts",
  summary: "key with get, put, append, texts that can be told apart: O(n + texts read)",
  judge(part) {
    if (part.spec.behavesAs !== "kv-key" || (part.spec.initial !== null && part.spec.initial !== "")) return undefined;
    const writes = writesOf(part);
    const cut = writes === undefined ? undefined : cutterFor(writes);
    return writes === undefined || cut === undefined ? undefined : judge(part, new TextChains(part, writes, cut));
  },
};

/** Undefined where something else is called than get, put and append, or what is written is empty, no text, or written often. */
function writesOf(part: Part): Writes | undefined {
  const { classTable, classes } = part;
  const numbers = new Map<string, number>();
  const texts: string[] = [];
  const operations: number[][] = [];
  const textOf = int32Column(part.count).fill(-1);
  const puts = byteColumn(part.count);
  for (let i = 0; i < part.count; i++) {
    const { call } = classTable[classes[i]!]!;
    if (call.f === "get") continue;
    if ((call.f !== "put" && call.f !== "append") || typeof call.value !== "string" || call.value === "") return undefined;
    let text = numbers.get(call.value);
    if (text === undefined) {
      numbers.set(call.value, (text = texts.push(call.value) - 1));
      operations.push([]);
    }
    if (operations[text]!.push(i) > writersMax) return undefined;
    textOf[i] = text;
    if (call.f === "put") puts[i] = 1;
  }
  return { texts, numbers, operations, textOf, puts };
}

/** Operations that may write the same text: more of them are not told apart, and trying would take long. */
const writersMax = 8;

function judge(part: Part, chains: TextChains): MonitorAnswer | undefined {
  const { classes } = part;
  for (const id of longestFirst(part)) {
    const flaw = chains.add(id);
    if (flaw === "undecided") return undefined;
    if (flaw !== undefined) return contradiction(classes.indexOf(id), ...flaw.map((other) => classes.indexOf(other)));
  }
  const { writers, certain, without } = assignWriters(part, chains);
  if (without !== undefined) return certain ? contradiction(classes.indexOf(without)) : undefined;

  const { textOf, puts } = chains.writes;
  const kinds = byteColumn(part.count).fill(WRITE);
  const froms = int32Column(part.count).fill(-1);
  const tos = int32Column(part.count).fill(-1);
  let valueCount = chains.stateCount;
  for (let i = 0; i < part.count; i++) {
    const state = writers[i]!;
    if (textOf[i]! < 0) {
      froms[i] = chains.stateOfClass[classes[i]!]!;
      kinds[i] = froms[i]! < 0 ? NOTHING : READ;
    } else if (state === 0) tos[i] = valueCount++;
    else {
      tos[i] = state;
      if (puts[i] === 1) continue;
      kinds[i] = CAS;
      froms[i] = chains.before[state]!;
    }
  }
  const { count, eventCount, calls, returns } = part;
  const answer = judgeRegister({ count, eventCount, calls, returns, kinds, froms, tos, valueCount, initial: INITIAL });
  return answer?.linearizable === true || certain ? answer : undefined;
}

/** Classes of gets that returned, those of longer texts first. */
function longestFirst(part: Part): number[] {
  const { classTable } = part;
  const length = (id: number): number => (typeof classTable[id]!.recorded === "string" ? classTable[id]!.recorded.length : 0);
  const gets: number[] = [];
  for (let id = 0; id < classTable.length; id++) if (classTable[id]!.call.f === "get" && classTable[id]!.recorded !== undefined) gets.push(id);
  return gets.sort((a, b) => length(b) - length(a));
}
