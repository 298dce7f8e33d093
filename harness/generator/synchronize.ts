import { type OpGenerator, pending } from "../generator.ts";

/** Waits until every thread that it may use is idle, then is `inner`. */
export function synchronize(inner: OpGenerator): OpGenerator {
  const self: OpGenerator = {
    draw: (context) => (context.idle ? inner.draw(context) : pending(self)),
    update: () => self,
  };
  return self;
}
