import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { assert } from "../../harness/assert.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { Ledger } from "../../harness/ledger.ts";
import { startTicks } from "../../harness/process-identity.ts";

/** The folder of what nodes must not lose while the cluster lives, and which nobody needs after it. */
export interface DataFolder {
  readonly path: string;
  /** With all that is in it; no effect when it is gone. */
  remove(): Promise<void>;
}

/** Makes `wanted`, or a fresh folder below the temporary one. Its removal is in the ledger before it is made. Throws `CLUSTER_START` when it holds something. */
export function makeDataFolder(wanted: string | undefined, ledger: Ledger): DataFolder {
  const path = wanted ?? freshPath();
  assert(isAbsolute(path), "the data folder's path is absolute");
  if (existsSync(path) && readdirSync(path).length > 0) {
    throw new HarnessError("CLUSTER_START", `the data folder ${path} is not empty`, { nextStep: "name a folder that does not exist yet: it is removed at the end" });
  }
  const id = ledger.freshId("data-folder");
  ledger.intend({ id, what: `data of the local cluster's nodes in ${path}`, kind: "resource", undo: [{ undo: "remove", path }] });
  mkdirSync(path, { recursive: true });
  ledger.done(id);
  return {
    path,
    remove() {
      rmSync(path, { recursive: true, force: true });
      assert(!existsSync(path), `${path} is removed`);
      ledger.healed(id);
      return Promise.resolve();
    },
  };
}

let made = 0;

/** A name that no other living process uses: no pid is given out twice in one tick. */
function freshPath(): string {
  return join(tmpdir(), `rashomon-local-${process.pid}-${startTicks(process.pid) ?? 0}-${made++}`);
}
