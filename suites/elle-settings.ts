import { readFileSync } from "node:fs";
import type { ElleOptions } from "../checkers/elle/elle.ts";
import { HarnessError } from "../harness/errors.ts";
import { isArray, isObject, type Json } from "../harness/json.ts";

const known = "wfr-keys, sequential-keys, linearizable-keys, rmw, transaction-order or anomalies";

/**
 * `KEY=VALUE` settings of `check --elle` as options; unknown keys and values are a `BAD_OPTION`:
 *
 *     wfr-keys, sequential-keys, linearizable-keys   true or false, as Elle's options with a question mark
 *     rmw                 true: registers are read before they are written, so the order of versions follows whole
 *     anomalies           names, separated by commas, that count as failures whatever the models say
 *     transaction-order   a JSON file with the database's own order: a list of `index` of completions, first first, or
 *                         an object from `index` to place
 */
export function elleSettings(settings: readonly string[]): ElleOptions {
  const options: { -readonly [key in keyof ElleOptions]: ElleOptions[key] } = {};
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
      case "anomalies":
        options.anomalies = value.split(",").filter((name) => name !== "");
        break;
      default:
        throw new HarnessError("BAD_OPTION", `--elle has no option ${JSON.stringify(key)}`, { nextStep: `use ${known}` });
    }
  }
  return options;
}

function transactionOrder(path: string): ReadonlyMap<number, number> {
  const wrong = (what: string, cause?: unknown): HarnessError =>
    new HarnessError("BAD_OPTION", `--set transaction-order=${path}: ${what}`, { nextStep: "name a JSON file: [index of the first completion, of the second, …] or {index: place, …}", ...(cause === undefined ? {} : { cause }) });
  let order: Json;
  try {
    order = JSON.parse(readFileSync(path, "utf8")) as Json;
  } catch (cause) {
    throw wrong("it cannot be read as JSON", cause);
  }
  const pairs: readonly (readonly [Json, Json])[] = isArray(order) ? order.map((index, place) => [index, place] as const) : isObject(order) ? Object.entries(order).map(([index, place]) => [Number(index), place] as const) : [];
  if (pairs.length === 0) throw wrong("it holds no transaction");
  const result = new Map<number, number>();
  for (const [index, place] of pairs) {
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || typeof place !== "number") throw wrong(`${JSON.stringify(index)}: ${JSON.stringify(place)} is no index of a completion with its place`);
    if (result.has(index)) throw wrong(`the completion ${index} stands in it twice`);
    result.set(index, place);
  }
  return result;
}
