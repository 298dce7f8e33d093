import type { History } from "../../../harness/history.ts";
import { equalJson, isArray, type Json } from "../../../harness/json.ts";
import { applied, selected, type Table } from "./table.ts";

/** The slow obvious oracle for tables: whether some order of the transactions after the init gives every predicate read its rows. */
export function isTableSerializable(history: History): boolean {
  const [init, ...others] = [...history.operations()].map(({ completion }) => completion!.value);
  const transactions = others.map((value) => (isArray(value) ? value.map((micro) => (isArray(micro) ? micro : [])) : []));
  const place = (table: Table, left: readonly (readonly (readonly Json[])[])[]): boolean =>
    left.length === 0 ||
    left.some((micro) => {
      let state = table;
      for (const one of micro) {
        if (one[0] === "rp" && !equalJson(selected(state, one[1]!), one[2] ?? {})) return false;
        state = applied(state, [one]);
      }
      return place(state, left.filter((other) => other !== micro));
    });
  return place(new Map(Object.entries(init as { readonly [key: string]: number })), transactions);
}
