import type { Undo } from "../../harness/disturbance.ts";
import { HarnessError } from "../../harness/errors.ts";
import { dockerArgv, type Engine } from "../docker/engine.ts";
import { statusCode } from "../docker/image.ts";
import type { Held } from "../docker/processes.ts";

/**
 * A container that is itself the process under test: nothing is asked of what is in it (no shell, no init). A kill ends
 * all its processes at once and keeps its files; a pause freezes all of them. Its network is its pod's, which stays.
 */
export interface ContainerControl extends Held {
  /** Starts it again after a kill; does nothing when it runs. */
  start(): Promise<void>;
}

export function containerControl(engine: Engine, { id, name }: { readonly id: string; readonly name: string }): ContainerControl {
  const container = engine.api.getContainer(id);
  const undo = (command: string, tolerated: readonly string[]): Undo => ({ undo: "argv", argv: dockerArgv(engine, command, id), tolerated: ["No such container", ...tolerated] });
  const acts = {
    STOP: () => container.pause(),
    CONT: () => container.unpause(),
    // A frozen process would hear of its end only when it thaws.
    KILL: async () => {
      if ((await container.inspect()).State.Paused) await container.unpause();
      await container.kill({ signal: "SIGKILL" });
    },
  };
  return {
    daemon: { name },
    async signal(signal) {
      await unlessSo(acts[signal], `SIG${signal} to container ${name}`);
    },
    async state() {
      const { State } = await container.inspect();
      // `T` is the kernel's letter for stopped; the engine's freezer has the same effect on every process in it.
      return State.Running ? { pid: State.Pid, state: State.Paused ? "T" : "R" } : undefined;
    },
    start: () => unlessSo(() => container.start(), `start of container ${name}`),
    undoKill: [undo("start", [])],
    undoPause: [undo("unpause", ["is not paused", "is not running"])],
  };
}

/** 304 and 409: it is so already, or it does not run, and a signal to nobody is none. */
async function unlessSo(act: () => Promise<unknown>, what: string): Promise<void> {
  try {
    await act();
  } catch (cause) {
    if (statusCode(cause) === 304 || statusCode(cause) === 409 || /not (paused|running)/.test(String(cause))) return;
    throw new HarnessError("FAULT_FAILED", `${what} failed`, { nextStep: "look at the container with `docker inspect`; it may have been removed by hand", cause });
  }
}
