import { describe, expect, it } from "vitest";
import { linearizabilityMonitor } from "./monitor.ts";
import { cas, casRegister, read, register, write } from "./objects/register.ts";

describe("the linearizability monitor", () => {
  it("starts alive with the initial value", () => {
    const monitor = linearizabilityMonitor(register(0));

    expect([monitor.linearizable, monitor.size, monitor.values]).toEqual([true, 1, [0]]);
  });

  it("a read may answer the value of a write that has not returned, and of no other", () => {
    const open = linearizabilityMonitor(register(0)).invoke(0, write(1)).invoke(1, read());

    expect([0, 1, 2].map((value) => open.return(1, value).linearizable)).toEqual([true, true, false]);
  });

  it("a read after a write's return answers that write", () => {
    const after = linearizabilityMonitor(register(0)).invoke(0, write(1)).return(0, null).invoke(1, read());

    expect([after.return(1, 0).linearizable, after.return(1, 1).linearizable]).toEqual([false, true]);
  });

  it("an old value after a new one is refused even while the write is open", () => {
    const seenNew = linearizabilityMonitor(register(0)).invoke(0, write(1)).invoke(1, read()).return(1, 1);

    expect(seenNew.invoke(2, read()).return(2, 0).linearizable).toBe(false);
  });

  it("what can no longer matter is forgotten: two orders end in one shared state", () => {
    const start = linearizabilityMonitor(register(0));
    const oneOrder = start.invoke(0, write(1)).return(0, null).invoke(1, read()).return(1, 1);
    const otherOrder = start.invoke(1, write(1)).return(1, null);

    expect(oneOrder).toBe(otherOrder);
    expect(oneOrder.key).toBe('[[1]]');
  });

  it("a failed call did not take effect", () => {
    const seen = linearizabilityMonitor(register(0)).invoke(0, write(1)).invoke(1, read()).return(1, 1);

    expect(seen.fail(0).linearizable).toBe(false);
    expect(linearizabilityMonitor(register(0)).invoke(0, write(1)).fail(0).values).toEqual([0]);
  });

  it("a refused compare-and-set is an observation", () => {
    const held = linearizabilityMonitor(casRegister(3)).invoke(0, cas(3, 4));

    expect([held.return(0, true).linearizable, held.return(0, false).linearizable]).toEqual([true, false]);
  });

  it("the empty set is absorbing", () => {
    const dead = linearizabilityMonitor(register(0)).invoke(0, read()).return(0, 7);

    expect([dead.linearizable, dead.invoke(1, write(1)).return(1, null).linearizable]).toEqual([false, false]);
  });
});
