import type { PartyInput, PartyStep } from "./actor-model.ts";
import { assert } from "./assert.ts";
import { canonicalJson } from "./json.ts";

/**
 * When timers can fire if clocks drift within a bound: the zones of timed automata (Dill, CAV 1989; Alur and Dill, TCS
 * 1994). A timer of `d` on a clock whose rate is within 1 ± drift fires between d / (1 + drift) and d / (1 - drift) of
 * real time after it was set. A zone is the set of all ages that the timers that are set can have now, as bounds on their
 * differences; x0 is zero:
 *
 *     x_i - x_j <= D[i][j]        D closed under sums (shortest paths), so equal sets have equal matrices
 *
 * Between two steps any time may pass, but no timer outlives its latest moment: it fires then, at the latest. Every
 * timer's age is bounded so, and a system has finitely many zones without any widening.
 *
 * Each timer is measured by itself: a clock may change its rate within the bound at any moment, so two timers of one
 * node need not agree. Messages may take no time or any. Times are nanoseconds.
 */
export class TimerZone {
  static readonly empty: TimerZone = new TimerZone([], [[0]]);
  /** Equal for equal zones. */
  readonly key: string;
  readonly #timers: readonly ZoneTimer[];
  readonly #bounds: readonly (readonly number[])[];

  private constructor(timers: readonly ZoneTimer[], bounds: readonly (readonly number[])[]) {
    this.#timers = timers;
    this.#bounds = bounds;
    this.key = canonicalJson([timers.map(({ name, leastNs, mostNs }) => [name, leastNs, mostNs]), bounds]);
  }

  /** The zone after a step did these, one after the other, and then any time has passed; undefined: the timer cannot fire yet. */
  after(operations: readonly ZoneOperation[]): TimerZone | undefined {
    let timers = [...this.#timers];
    let bounds = this.#bounds.map((row) => [...row]);
    const forget = (gone: (name: string) => boolean): void => {
      const stays = [true, ...timers.map(({ name }) => !gone(name))];
      bounds = bounds.filter((_, i) => stays[i]).map((row) => row.filter((_, j) => stays[j]));
      timers = timers.filter(({ name }) => !gone(name));
    };
    for (const operation of operations) {
      switch (operation.op) {
        case "fire": {
          const at = timers.findIndex(({ name }) => name === operation.name) + 1;
          assert(at > 0, `timer ${operation.name} is set when it fires`);
          bounds[0]![at] = Math.min(bounds[0]![at]!, -timers[at - 1]!.leastNs);
          if (!close(bounds)) return undefined;
          forget((name) => name === operation.name);
          break;
        }
        case "forget":
          forget((name) => name.startsWith(operation.prefix));
          break;
        case "set":
          forget((name) => name === operation.timer.name);
          // Its age is zero: it differs from all others as zero does.
          bounds = [...bounds.map((row) => [...row, row[0]!]), [...bounds[0]!, 0]];
          timers.push(operation.timer);
          break;
      }
    }
    timers.forEach(({ mostNs }, i) => (bounds[i + 1]![0] = mostNs));
    assert(close(bounds), "some time may always pass before the next timer is due");
    const order = timers.map((_, i) => i).sort((a, b) => (timers[a]!.name < timers[b]!.name ? -1 : 1));
    const places = [0, ...order.map((i) => i + 1)];
    return new TimerZone(order.map((i) => timers[i]!), places.map((i) => places.map((j) => bounds[i]![j]!)));
  }
}

/** A timer that is set, and when it fires after that. */
export interface ZoneTimer {
  readonly name: string;
  readonly leastNs: number;
  readonly mostNs: number;
}
export type ZoneOperation =
  | { readonly op: "fire"; readonly name: string }
  | { readonly op: "set"; readonly timer: ZoneTimer }
  /** Timers whose name begins so are set no longer. */
  | { readonly op: "forget"; readonly prefix: string };

/** What a step of `party` does to the timers; `driftRatio`: 0 … 1, how far rates can be from 1. */
export function zoneOperations(about: { readonly party: number; readonly input: PartyInput | undefined; readonly step: PartyStep; readonly driftRatio: number }): ZoneOperation[] {
  const { party, input, step, driftRatio } = about;
  const operations: ZoneOperation[] = [];
  const nameOf = (timer: Parameters<typeof canonicalJson>[0]): string => `${party} ${canonicalJson(timer)};`;
  if (input?.input === "timer") operations.push({ op: "fire", name: nameOf(input.timer) });
  else if (input?.input === "crash") operations.push({ op: "forget", prefix: `${party} ` });
  for (const effect of step.effects) {
    if (effect.effect === "cancelTimer") operations.push({ op: "forget", prefix: nameOf(effect.timer) });
    else if (effect.effect === "setTimer") {
      const [least, most] = effect.afterMs;
      operations.push({ op: "set", timer: { name: nameOf(effect.timer), leastNs: Math.floor((least * 1e6) / (1 + driftRatio)), mostNs: Math.ceil((most * 1e6) / (1 - driftRatio)) } });
    }
  }
  return operations;
}

/** Shortest paths (Floyd, Warshall), in place; false when the set is empty. O(n³) for the few timers that are set at once. */
function close(bounds: number[][]): boolean {
  const n = bounds.length;
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) bounds[i]![j] = Math.min(bounds[i]![j]!, bounds[i]![k]! + bounds[k]![j]!);
    }
  }
  return bounds.every((row, i) => row[i]! >= 0);
}
