import { read, register, write } from "../../harness/objects/register.ts";
import type { Call } from "../../harness/op.ts";
import type { Part } from "./parts.ts";

/**
 * A key that nothing is appended to is a register under other names: `get` reads, `put` writes, `delete` writes what an
 * absent key reads as, `cas` is itself. As such it has faster methods. Undefined where something is appended, or the
 * object is no key.
 */
export function asRegister(part: Part): Part | undefined {
  if (part.spec.behavesAs !== "kv-key") return undefined;
  for (const { call } of part.classTable) if (call.f === "append") return undefined;
  const renamed = (call: Call): Call => {
    if (call.f === "get") return read();
    if (call.f === "put") return write(call.value);
    if (call.f === "delete") return write(part.spec.initial);
    return call;
  };
  return {
    ...part,
    spec: register(part.spec.initial),
    classTable: part.classTable.map((entry) => ({ ...entry, call: renamed(entry.call) })),
  };
}
