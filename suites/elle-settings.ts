import { readFileSync } from "node:fs";
import type { ElleOptions } from "../checkers/elle/elle.ts";
import { HarnessError } from "../harness/errors.ts";
import { isArray, isObject, type Json } from "../harness/json.ts";

const known = "wfr-keys, sequential-keys, linearizable-keys, rmw, transaction-order, version-order, timestamps or anomalies";

/** What `check --elle` can be told besides models. */
export interface ElleSettings extends ElleOptions {
  /** Replay the database's own timestamps instead of searching; see `checkers/elle/timestamps.ts`. */
  readonly timestamps?: boolean;
}

/**
 * `KEY=VALUE` settings of `check --elle` as options; unknown keys and values are a `BAD_OPTION`:
 *
 *     wfr-keys, sequential-keys, linearizable-keys   true or false, as Elle's options with a question mark
 *     rmw                 true: registers are read before they are written, so the order of versions follows whole
 *     anomalies           names, separated by commas, that count as failures whatever the models say
 *     transaction-order   a JSON file with the database's own order: a list of `index` of completions, first first, or
 *                         an object from `index` to place
 *     version-order       a JSON file with the database's own order of each key's values: {"x": [1, 2, 3], …}
 *     timestamps          true: operations tell start and commit, which are replayed and compared
 */
export function elleSettings(settings: readonly string[]): ElleSettings {
  const options: { -readonly [key in keyof ElleSettings]: ElleSettings[key] } = {};
  for (const setting of settings) {
    const at = setting.indexOf("=");
    const key = at < 0 ? setting : setting.slice(0, at);
    const value = at < 0 ? "true" : setting.slice(at + 1);
    const flag = (): boolean => {
      if (value !== "true" && value !== "false") throw new HarnessError("BAD_OPTION", `--set ${setting}: ${key} is true or false`, { nextStep: `say --set ${key}=true` });
      return value === "true";
    };
    // Jepsen's options end in a question mark; both spellings are taken.
    switch (key.replace(/\?$/, "")) {
      case "wfr-keys":
        options.wfrKeys = flag();
        break;
      case "sequential-keys":
        options.sequentialKeys = flag();
        break;
      case "linearizable-keys":
        options.linearizableKeys = flag();
        break;
      case "rmw":
        options.readModifyWrite = flag();
        break;
      case "transaction-order":
        options.transactionOrder = transactionOrder(value);
        break;
      case "version-order":
        options.versionOrder = versionOrder(value);
        break;
      case "timestamps":
        options.timestamps = flag();
        break;
      case "anomalies":
        options.anomalies = value.split(",").filter((name) => name !== "");
        break;
      default:
        throw new HarnessError("BAD_OPTION", `--elle has no option ${JSON.stringify(key)}`, { nextStep: `use ${known}` });
    }
  }
  return options;
}

function versionOrder(path: string): ReadonlyMap<string, readonly Json[]> {
  const given = new SettingFile("version-order", path, '{"key": [first value, second value, …], …}');
  const order = given.json();
  if (!isObject(order) || Object.keys(order).length === 0) throw given.of("it holds no key");
  return new Map(
    Object.entries(order).map(([key, values]) => {
      if (!isArray(values)) throw given.of(`${key} has no list of values`);
      if (new Set(values.map((value) => JSON.stringify(value))).size < values.length) throw given.of(`${key} has a value twice`);
      return [key, values];
    }),
  );
}

function transactionOrder(path: string): ReadonlyMap<number, number> {
  const given = new SettingFile("transaction-order", path, "[index of the first completion, of the second, …] or {index: place, …}");
  const order = given.json();
  const pairs: readonly (readonly [Json, Json])[] = isArray(order) ? order.map((index, place) => [index, place] as const) : isObject(order) ? Object.entries(order).map(([index, place]) => [Number(index), place] as const) : [];
  if (pairs.length === 0) throw given.of("it holds no transaction");
  const result = new Map<number, number>();
  for (const [index, place] of pairs) {
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || typeof place !== "number") throw given.of(`${JSON.stringify(index)}: ${JSON.stringify(place)} is no index of a completion with its place`);
    if (result.has(index)) throw given.of(`the completion ${index} stands in it twice`);
    result.set(index, place);
  }
  return result;
}

/** A setting that names a JSON file, and what can be wrong with it. */
class SettingFile {
  readonly #setting: string;
  readonly #path: string;
  readonly #form: string;

  constructor(name: string, path: string, form: string) {
    this.#setting = `--set ${name}=${path}`;
    this.#path = path;
    this.#form = form;
  }

  json(): Json {
    try {
      return JSON.parse(readFileSync(this.#path, "utf8")) as Json;
    } catch (cause) {
      throw this.of("it cannot be read as JSON", cause);
    }
  }

  of(what: string, cause?: unknown): HarnessError {
    return new HarnessError("BAD_OPTION", `${this.#setting}: ${what}`, { nextStep: `name a JSON file: ${this.#form}`, ...(cause === undefined ? {} : { cause }) });
  }
}
