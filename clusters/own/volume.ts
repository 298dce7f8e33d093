import { HarnessError } from "../../harness/errors.ts";
import type { RunScope } from "../docker/container.ts";
import { dockerArgv } from "../docker/engine.ts";
import { statusCode } from "../docker/image.ts";
import { runLabels } from "../docker/labels.ts";

/** A volume of a run: in the ledger before it is made, labelled, empty at first, and removed with the run. */
export interface Volume {
  readonly name: string;
  remove(): Promise<void>;
}

export async function createVolume({ engine, runId, ledger }: RunScope, name: string): Promise<Volume> {
  const entry = ledger.freshId(`volume-${name}`);
  ledger.intend({ id: entry, what: `volume ${name}`, kind: "resource", undo: [{ undo: "argv", argv: dockerArgv(engine, "volume", "rm", "-f", name), tolerated: ["No such volume"] }] });
  try {
    await engine.api.createVolume({ Name: name, Labels: runLabels(runId) });
  } catch (cause) {
    ledger.healed(entry);
    throw new HarnessError("CLUSTER_START", `volume ${name} could not be made`, { nextStep: "look at `docker volume ls`; `rashomon heal` removes what earlier runs left behind", cause });
  }
  ledger.done(entry);
  return {
    name,
    async remove() {
      try {
        await engine.api.getVolume(name).remove({ force: true });
      } catch (error) {
        if (statusCode(error) !== 404) throw error;
      }
      ledger.healed(entry);
    },
  };
}
