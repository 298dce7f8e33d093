import { canonicalJson, type Json } from "../../harness/json.ts";
import { casArguments } from "../../harness/objects/register.ts";
import { agrees } from "../../harness/spec.ts";
import type { OperationClass, Part } from "./parts.ts";

/** The classes of a register's part as integers; values are numbered from 0 to `valueCount - 1`, the initial value is `initial`. */
export interface RegisterForms {
  /** By class: `READ`, `WRITE`, `CAS` (succeeded or crashed), `REFUSED`, `NOTHING`. */
  readonly kinds: Uint8Array;
  /** By class: the value read, or expected by the cas; -1 none. */
  readonly froms: Int32Array;
  /** By class: the value written; -1 none. */
  readonly tos: Int32Array;
  readonly valueCount: number;
  readonly initial: number;
}

/** The same with the values themselves. */
export interface NamedRegisterForms extends RegisterForms {
  readonly values: readonly Json[];
}

export const READ = 0;
export const WRITE = 1;
export const CAS = 2;
export const REFUSED = 3;
/** A read that tells nothing. */
export const NOTHING = 4;

/** O(classes), once per part. */
export function registerForms(part: Part): NamedRegisterForms {
  let forms = known.get(part);
  if (forms === undefined) {
    forms = formsOf(part);
    known.set(part, forms);
  }
  return forms;
}
const known = new WeakMap<Part, NamedRegisterForms>();

function formsOf(part: Part): NamedRegisterForms {
  const count = part.classTable.length;
  const kinds = new Uint8Array(count);
  const froms = new Int32Array(count).fill(-1);
  const tos = new Int32Array(count).fill(-1);
  const values = new Values();
  const initial = values.id(part.spec.initial);
  for (let id = 0; id < count; id++) {
    const { call, recorded } = part.classTable[id]!;
    if (call.f === "write") {
      kinds[id] = WRITE;
      tos[id] = values.id(call.value);
    } else if (call.f === "cas") {
      const [from, to] = casArguments(call);
      kinds[id] = recorded === false ? REFUSED : CAS;
      froms[id] = values.id(from);
      if (recorded !== false) tos[id] = values.id(to);
    } else {
      // The spec has the last word on other functions, and on reads that tell nothing.
      if (call.f !== "read") part.spec.apply(part.spec.initial, call);
      kinds[id] = recorded === undefined || tellsNothing(part, { call, recorded, readOnly: true }) ? NOTHING : READ;
      if (kinds[id] === READ) froms[id] = values.id(recorded!);
    }
  }
  return { kinds, froms, tos, values: values.list, valueCount: values.list.length, initial };
}

/** A read of null where null means "not known": it agrees with two different values. */
function tellsNothing(part: Part, { call, recorded }: OperationClass): boolean {
  return recorded === null && agrees(part.spec, call, 0, recorded) && agrees(part.spec, call, 1, recorded);
}

/** Values by content, numbered from 0. */
class Values {
  readonly list: Json[] = [];
  readonly #plain = new Map<Json, number>();
  readonly #composite = new Map<string, number>();

  id(value: Json): number {
    const composite = typeof value === "object" && value !== null;
    const found = composite ? this.#composite.get(canonicalJson(value)) : this.#plain.get(value);
    if (found !== undefined) return found;
    if (composite) this.#composite.set(canonicalJson(value), this.list.length);
    else this.#plain.set(value, this.list.length);
    return this.list.push(value) - 1;
  }
}
