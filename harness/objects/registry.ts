import { HarnessError } from "../errors.ts";
import type { Json } from "../json.ts";
import type { OptionSpec, Settings } from "../options.ts";
import type { SequentialSpec } from "../spec.ts";
import { kv } from "./kv.ts";
import { mutex } from "./mutex.ts";
import { casRegister, register, type RegisterOptions } from "./register.ts";

/** An object by name: what `--spec NAME --initial V --set KEY=VALUE` can say. */
export interface ObjectEntry {
  readonly name: string;
  readonly summary: string;
  /** Its functions, as a history writes them. */
  readonly functions: readonly string[];
  readonly options: readonly OptionSpec[];
  /** The spec with that initial value (undefined: the object's own default) and those settings (missing ones: defaults). */
  make(initial?: Json, settings?: Settings): SequentialSpec;
}

const nullReads: OptionSpec = {
  name: "null-reads",
  kind: "choice",
  default: "observed",
  choices: ["observed", "unknown"],
  reason: "a read of null is an observation like any other; Knossos' histories mean 'value not known' by it",
};

function registerOptions(settings: Settings | undefined): RegisterOptions {
  return { nullReads: settings?.["null-reads"] === "unknown" ? "unknown" : "observed" };
}

/** Every object, in the order of the documentation. */
export const specs: readonly ObjectEntry[] = [
  {
    name: "register",
    summary: "read and write one value",
    functions: ["read", "write v"],
    options: [nullReads],
    make: (initial = null, settings) => register(initial, registerOptions(settings)),
  },
  {
    name: "cas-register",
    summary: "a register with compare-and-set",
    functions: ["read", "write v", "cas [from, to]"],
    options: [nullReads],
    make: (initial = null, settings) => casRegister(initial, registerOptions(settings)),
  },
  {
    name: "kv",
    summary: "independent keys with get, put, append, cas and delete; the initial value is what an absent key reads as",
    functions: ["get k", "put [k, v]", "append [k, text]", "cas [k, from, to]", "delete k"],
    options: [],
    make: (initial = null) => kv({ absent: initial }),
  },
  {
    name: "mutex",
    summary: "a lock whose holder is not checked",
    functions: ["acquire", "release"],
    options: [],
    make: () => mutex(),
  },
];

/** What a reader found out about a history; see `RecordedHistory` of `results/formats`. */
export interface RecordedConventions {
  readonly nullReads: "observed" | "unknown";
  readonly absent: Json;
}

/**
 * The spec by name; `recorded` gives the conventions of the form that the history came in, `initial` and `settings`
 * go over them. An unknown name is a `HarnessError` listing those that exist.
 */
export function specNamed(
  name: string,
  options: { readonly initial?: Json; readonly settings?: Settings; readonly recorded?: RecordedConventions } = {},
): SequentialSpec {
  const entry = specs.find((candidate) => candidate.name === name);
  if (entry === undefined) {
    throw new HarnessError("UNKNOWN_NAME", `there is no object ${JSON.stringify(name)}`, { nextStep: `use one of ${specs.map((s) => s.name).join(", ")}` });
  }
  const { recorded, settings } = options;
  const initial = options.initial ?? (name === "kv" ? recorded?.absent : undefined);
  return entry.make(initial, { ...(recorded === undefined ? {} : { "null-reads": recorded.nullReads }), ...settings });
}
