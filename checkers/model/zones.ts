import type { PartyInput, PartyStep } from "../../harness/actor-model.ts";
import { canonicalJson, type Json } from "../../harness/json.ts";
import { TimerZone, type ZoneOperation, zoneOperations } from "../../harness/timer-zone.ts";
import { Interner, PairTable } from "./tables.ts";

/** The zones of timers' ages that an exploration meets, as integers; zone 0 has no timer, operations 0 do nothing. */
export class Zones {
  readonly zones: Interner<TimerZone> = new Interner<TimerZone>("zone");
  readonly #driftRatio: number;
  readonly #operations = new Interner<readonly ZoneOperation[]>("operations");
  readonly #next = new PairTable();

  constructor(driftRatio: number) {
    this.#driftRatio = driftRatio;
    this.#zone(TimerZone.empty);
    this.#file([]);
  }

  /** Id of what a step of `party` does to timers. */
  operations(party: number, input: PartyInput | undefined, step: PartyStep): number {
    return this.#file(zoneOperations({ party, input, step, driftRatio: this.#driftRatio }));
  }

  /** The zone after `operations` and any time, or -1: it is not yet time, or no longer. */
  after(zone: number, operations: number): number {
    const known = this.#next.get(zone, operations);
    if (known !== PairTable.missing) return known;
    const next = this.zones.objects[zone]!.after(this.#operations.objects[operations]!);
    const id = next === undefined ? -1 : this.#zone(next);
    this.#next.set(zone, operations, id);
    return id;
  }

  #zone(zone: TimerZone): number {
    return this.zones.id(zone.key, () => zone);
  }

  #file(operations: readonly ZoneOperation[]): number {
    return this.#operations.id(canonicalJson(operations as unknown as Json), () => operations);
  }
}
