import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { HarnessError } from "../../harness/errors.ts";
import type { Keeper, KeeperLook } from "./keeper.ts";
import { decode, encode, type KeeperAnswer, type KeeperRequest } from "./keeper-wire.ts";

type Ask = KeeperRequest extends infer Request ? (Request extends KeeperRequest ? Omit<Request, "id"> : never) : never;

/** A keeper that runs elsewhere (`keeper-main.ts`), by its standard input and output. Ends with its input. */
export function remoteKeeper(input: NodeJS.WritableStream, output: Readable): Keeper {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>();
  let asked = 0;
  let ended: HarnessError | undefined;

  const lines = createInterface({ input: output });
  lines.on("line", (line) => {
    // Only the keeper writes there.
    const answer = decode(line) as KeeperAnswer;
    const asker = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ("refused" in answer) asker?.reject(new HarnessError("FAULT_FAILED", answer.refused, { nextStep: "see why the clocks could not be changed; leave out the clock faults where they cannot" }));
    else asker?.resolve(answer.value);
  });
  lines.on("close", () => {
    ended = new HarnessError("FAULT_FAILED", "the keeper of the node's clocks has ended", { nextStep: "look at its container's output with `docker logs`" });
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  });

  const ask = (what: Ask): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (ended !== undefined) return reject(ended);
      const id = asked++;
      waiting.set(id, { resolve, reject });
      input.write(encode({ id, ...what }));
    });

  return {
    hold: async (name, skew, process) => void (await ask({ ask: "hold", name, skew, ...(process === undefined ? {} : { process }) })),
    release: async (name) => void (await ask({ ask: "release", name })),
    look: async (name) => (await ask({ ask: "look", name })) as KeeperLook,
  };
}
