import type { Disturbance } from "../../harness/disturbance.ts";
import type { Ledger } from "../../harness/ledger.ts";

/** Applies a disturbance whose undo is in the ledger before; resolves to what takes it back. */
export async function inject(disturbance: Disturbance, about: { readonly name: string; readonly ledger: Ledger; readonly signal: AbortSignal }): Promise<() => Promise<void>> {
  const { name, ledger, signal } = about;
  const id = ledger.freshId(name);
  ledger.intend({ id, what: disturbance.description, kind: "fault", undo: disturbance.undo });
  await disturbance.apply(signal);
  ledger.done(id);
  return async () => {
    await disturbance.revert(signal);
    ledger.healed(id);
  };
}
