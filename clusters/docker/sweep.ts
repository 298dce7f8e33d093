import { HarnessError } from "../../harness/errors.ts";
import { connectEngine, type Engine } from "./engine.ts";
import { statusCode } from "./image.ts";
import { ownerAlive, ownerLabel, runLabel } from "./labels.ts";

/**
 * Removes by label what runs left in the engine: containers first (they hold the others), then networks, then volumes.
 * It needs no ledger, so it works where a run's folder is lost; `rashomon heal` calls it after the ledgers.
 */
export interface SweepOptions {
  /** Only this run's, whoever owns it. Without it: every run's whose owner is no longer alive. */
  readonly runId?: string;
  /** Default: the engine that `connectEngine` finds. */
  readonly engine?: Engine;
}
export interface SweepReport {
  /** `container rashomon-…-n1`, in the order of removal. */
  readonly removed: readonly string[];
  /** Left alone because the run that owns them is still going on. */
  readonly spared: readonly string[];
  readonly failed: readonly { readonly what: string; readonly error: string }[];
  /** Why nothing was looked for: no engine answers, so nothing of ours runs in one. */
  readonly skipped?: string;
}

interface Found {
  readonly what: string;
  readonly labels: { readonly [label: string]: string };
  remove(): Promise<unknown>;
}

/** Never throws for an object that cannot be removed (that is in `failed`) nor for a missing engine (`skipped`). */
export async function sweepDocker(options: SweepOptions = {}): Promise<SweepReport> {
  const { engine, missing } = await engineFor(options);
  if (engine === undefined) return { removed: [], spared: [], failed: [], skipped: missing };
  const removed: string[] = [];
  const spared: string[] = [];
  const failed: { what: string; error: string }[] = [];
  for (const find of [findContainers, findNetworks, findVolumes]) {
    for (const object of await find(engine, options.runId)) {
      if (options.runId === undefined && ownerAlive(object.labels[ownerLabel])) {
        spared.push(object.what);
        continue;
      }
      try {
        await object.remove();
        removed.push(object.what);
      } catch (error) {
        if (statusCode(error) === 404) continue;
        failed.push({ what: object.what, error: error instanceof Error ? error.message : String(error) });
      }
    }
  }
  return { removed, spared, failed };
}

type EngineOrNot = { readonly engine: Engine; readonly missing?: never } | { readonly engine?: never; readonly missing: string };

async function engineFor(options: SweepOptions): Promise<EngineOrNot> {
  try {
    return { engine: options.engine ?? (await connectEngine()) };
  } catch (error) {
    if (error instanceof HarnessError && error.code === "ENGINE_MISSING") return { missing: error.message };
    throw error;
  }
}

/** Names of everything that carries a run's label, or this run's. */
export async function labelledObjects(engine: Engine, runId?: string): Promise<string[]> {
  const found = [await findContainers(engine, runId), await findNetworks(engine, runId), await findVolumes(engine, runId)];
  return found.flat().map((object) => object.what);
}

function filterOf(runId: string | undefined): { readonly filters: { label: string[] } } {
  return { filters: { label: [runId === undefined ? runLabel : `${runLabel}=${runId}`] } };
}

async function findContainers(engine: Engine, runId: string | undefined): Promise<Found[]> {
  const list = await engine.api.listContainers({ all: true, ...filterOf(runId) });
  return list.map((container) => ({
    what: `container ${(container.Names[0] ?? container.Id).replace(/^\//, "")}`,
    labels: container.Labels,
    remove: () => engine.api.getContainer(container.Id).remove({ force: true, v: true }),
  }));
}

async function findNetworks(engine: Engine, runId: string | undefined): Promise<Found[]> {
  const list = await engine.api.listNetworks(filterOf(runId));
  return list.map((network) => ({ what: `network ${network.Name}`, labels: network.Labels ?? {}, remove: () => engine.api.getNetwork(network.Id).remove() }));
}

async function findVolumes(engine: Engine, runId: string | undefined): Promise<Found[]> {
  const { Volumes } = await engine.api.listVolumes(filterOf(runId));
  return (Volumes ?? []).map((volume) => ({ what: `volume ${volume.Name}`, labels: volume.Labels ?? {}, remove: () => engine.api.getVolume(volume.Name).remove({ force: true }) }));
}
