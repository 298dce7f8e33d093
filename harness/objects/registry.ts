import { HarnessError } from "../errors.ts";
import { isObject, type Json } from "../json.ts";
import type { OptionSpec, Settings } from "../options.ts";
import type { SequentialSpec } from "../spec.ts";
import { appendList } from "./append-list.ts";
import { bank } from "./bank.ts";
import { consensus } from "./consensus.ts";
import { counter, fetchAddCounter, idGenerator } from "./counter.ts";
import { decision } from "./decision.ts";
import { eventualCounter } from "./eventual-counter.ts";
import { eventualMap } from "./eventual-map.ts";
import { eventualSet } from "./eventual-set.ts";
import { idempotentCounter } from "./idempotent-counter.ts";
import { kv } from "./kv.ts";
import { lease } from "./lease.ts";
import { fencedMutex, ownedMutex, reentrantMutex, semaphore } from "./locks.ts";
import { multiRegister } from "./multi-register.ts";
import { mutex } from "./mutex.ts";
import { bag, priorityQueue, queue, stack } from "./queue.ts";
import { casRegister, register, type RegisterOptions } from "./register.ts";
import { fullSet, growOnlySet, set } from "./set.ts";
import { listTransactions, registerTransactions } from "./transactions.ts";

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
  {
    name: "multi-register",
    summary: "several registers, read and written in one step; the initial value is an object of them",
    functions: ['txn [["read", k, null], ["write", k, v] …]'],
    options: [nullReads],
    make: (initial, settings) => multiRegister(objectOr(initial, {}), registerOptions(settings)),
  },
  simple("list-append", "lists that transactions append to and read, one transaction after the other", ['txn [["r", k, null], ["append", k, v] …]'], listTransactions),
  simple("rw-register", "registers that transactions write and read, one transaction after the other", ['txn [["r", k, null], ["w", k, v] …]'], registerTransactions),
  simple("set", "elements are added, removed and asked for; judged element by element", ["add v", "remove v", "contains v"], set),
  simple("grow-only-set", "elements are added, the whole set is read", ["add v", "read"], growOnlySet),
  simple("full-set", "a set with every function, judged as one piece", ["add v", "remove v", "contains v", "read"], fullSet),
  simple("bag", "equal elements may be there several times; any one is taken", ["add v", "take"], bag),
  simple("queue", "first in, first out; null from an empty one", ["enqueue v", "dequeue"], queue),
  simple("stack", "last in, first out; null from an empty one", ["push v", "pop"], stack),
  simple("priority-queue", "the least element comes out first; null from an empty one", ["insert v", "delete-min"], priorityQueue),
  simple("append-list", "a list that only grows and is read whole", ["append v", "read"], appendList),
  {
    name: "counter",
    summary: "a number that is added to",
    functions: ["add n", "read"],
    options: [],
    make: (initial) => counter(typeof initial === "number" ? initial : 0),
  },
  {
    name: "fetch-add",
    summary: "a number that is added to, each time answering what it was",
    functions: ["fetch-add n", "read"],
    options: [],
    make: (initial) => fetchAddCounter(typeof initial === "number" ? initial : 0),
  },
  simple("eventual-counter", "a counter whose reads may be late and count nothing twice", ["add n", "read"], eventualCounter),
  simple("eventual-set", "a set whose reads may be late and show only what was added", ["add v", "remove v", "read"], eventualSet),
  simple("eventual-map", "a map whose gets may be late and show only what was put", ["get k", "put [k, v]"], eventualMap),
  simple("idempotent-counter", "an account charged by requests with keys: one that comes again changes nothing", ["submit [key, n]", "read"], idempotentCounter),
  simple("consensus", "agreement on the value that was proposed first", ["propose v"], consensus),
  simple("decision", "commit or abort, decided once for everybody", ["finish"], decision),
  simple("id-generator", "no id is given twice", ["generate"], idGenerator),
  simple("owned-mutex", "a lock that only its holder releases; the value is the owner", ["acquire c", "release c"], ownedMutex),
  {
    name: "reentrant-mutex",
    summary: "a lock that its holder may take several times; the value is the owner",
    functions: ["acquire c", "release c"],
    options: [{ name: "depth", kind: "integer", default: 2, min: 1, reason: "the usual test of reentrancy takes a lock twice" }],
    make: (_initial, settings) => reentrantMutex(integerOr(settings?.["depth"], 2)),
  },
  simple("fenced-mutex", "a lock whose acquisition returns an ever greater token", ["acquire c", "release c"], fencedMutex),
  simple("lease", "a lock that ends by itself; both functions return the server that has it, n1 to n9, or null", ["acquire", "held"], lease),
  {
    name: "semaphore",
    summary: "a bounded number of permits; the value is the holder",
    functions: ["acquire c", "release c"],
    options: [{ name: "permits", kind: "integer", default: 2, min: 1, reason: "the least number that is not a mutex" }],
    make: (_initial, settings) => semaphore(integerOr(settings?.["permits"], 2)),
  },
  {
    name: "bank",
    summary: "accounts and transfers; the initial value is an object of balances",
    functions: ["transfer {from, to, amount}", "read"],
    options: [],
    make: (initial) => bank(balances(objectOr(initial, { a: 10, b: 10 }))),
  },
];

function simple(name: string, summary: string, functions: readonly string[], make: () => SequentialSpec): ObjectEntry {
  return { name, summary, functions, options: [], make: () => make() };
}

function objectOr(value: Json | undefined, otherwise: { readonly [key: string]: Json }): { readonly [key: string]: Json } {
  return isObject(value) ? value : otherwise;
}

function integerOr(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isInteger(value) ? value : otherwise;
}

function balances(values: { readonly [account: string]: Json }): { readonly [account: string]: number } {
  return Object.fromEntries(Object.entries(values).map(([account, amount]) => [account, typeof amount === "number" ? amount : 0]));
}

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
