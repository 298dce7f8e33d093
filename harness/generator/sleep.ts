import { exhausted, type OpGenerator, pending } from "../generator.ts";

/** No op for `ms` from the first time it is asked, then exhausted: a pause within a sequence. */
export function sleep(ms: number): OpGenerator {
  return until(undefined);

  function until(endNs: number | undefined): OpGenerator {
    const self: OpGenerator = {
      draw(context) {
        const end = endNs ?? context.timeNs + ms * 1e6;
        return context.timeNs >= end ? exhausted : pending(endNs === undefined ? until(end) : self, end);
      },
      update: () => self,
    };
    return self;
  }
}
