import { equalJson, isArray, type Json } from "../json.ts";
import type { Call } from "../op.ts";
import type { SequentialSpec } from "../spec.ts";
import { badArgument, unknownFunction } from "./register.ts";

/**
 * A document of numbers that one author changes and many read from copies. `add [field, n]` → nothing; `read reader` → the
 * whole document as it was at some moment: a copy may be late, but shows nothing that never was, and never shows the same
 * reader an older state than before.
 */
export const addToField = (field: string, by: number): Call => ({ f: "add", value: [field, by] });
export const readAs = (reader: string): Call => ({ f: "read", value: reader });

/** Fields that are 0 are left out, so that equal documents are equal as JSON. */
export type NumbersDocument = { readonly [field: string]: number };
export type PublishedState = {
  /** Every state that the document went through. */
  readonly past: readonly NumbersDocument[];
  /** By reader: position in `past` of what it saw last. */
  readonly seen: { readonly [reader: string]: number };
};

export function publishedDocument(): SequentialSpec<PublishedState> {
  return {
    name: "published-document",
    initial: { past: [{}], seen: {} },
    apply(state, call) {
      if (call.f === "add") {
        const { field, by } = fieldChangeOf(call);
        return [{ state: { ...state, past: [...state.past, withAdded(state.past.at(-1)!, field, by)] }, ret: null }];
      }
      if (call.f !== "read") throw unknownFunction("published-document", call.f, "add, read");
      const reader = typeof call.value === "string" ? call.value : "";
      return sightings(state, reader).map((at) => ({ state: { ...state, seen: { ...state.seen, [reader]: at } }, ret: state.past[at]! }));
    },
    observes: (call) => call.f === "read",
    describe: (call, ret) => `${call.f} ${JSON.stringify(call.value)}${call.f === "add" || ret === undefined ? "" : ` → ${JSON.stringify(ret)}`}`,
    describeState: ({ past }) => `the document went through ${past.map((document) => JSON.stringify(document)).join(", ")}`,
  };
}

/** Positions that the reader may see next; of equal documents the earliest, which leaves the most open. */
function sightings({ past, seen }: PublishedState, reader: string): number[] {
  const found: number[] = [];
  for (let at = seen[reader] ?? 0; at < past.length; at++) if (!found.some((other) => equalJson(past[other]!, past[at]!))) found.push(at);
  return found;
}

/** The document with `by` added to one field. */
export function withAdded(document: NumbersDocument, field: string, by: number): NumbersDocument {
  return withField(document, field, (document[field] ?? 0) + by);
}

/** The document with one field set; 0 takes it out. */
export function withField(document: NumbersDocument, field: string, value: number): NumbersDocument {
  const { [field]: _before, ...others } = document;
  return value === 0 ? others : { ...others, [field]: value };
}

/** `[field, n]` of an `add`; anything else is a `HarnessError`. */
export function fieldChangeOf(call: Call): { readonly field: string; readonly by: number } {
  const [field, by]: readonly (Json | undefined)[] = isArray(call.value) ? call.value : [];
  if (typeof field !== "string" || typeof by !== "number") throw badArgument("add", "[field, number]", call.value);
  return { field, by };
}
