import { type History, historyOf, type OpInput } from "../../../harness/history.ts";
import type { Json } from "../../../harness/json.ts";

/** `0 put x 1, 1 get x 1`: operations one after the other, each by its process. */
export function sequence(text: string): History {
  const ops: OpInput[] = [];
  for (const item of text.split(",")) {
    const [process, f, key, value] = item.trim().split(" ");
    const json = JSON.parse(value!) as Json;
    ops.push({ process: Number(process), type: "invoke", f: f!, value: f === "get" ? key! : [key!, json] });
    ops.push({ process: Number(process), type: "ok", f: f!, value: f === "get" ? json : null });
  }
  return historyOf(ops);
}
