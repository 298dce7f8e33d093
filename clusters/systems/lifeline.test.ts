import { describe, expect, it } from "vitest";
import { Lifeline } from "./lifeline.ts";

describe("a lifeline", () => {
  it("lets answers and refusals through as long as it is whole", async () => {
    const line = new Lifeline();

    expect(await line.answered(Promise.resolve(7))).toBe(7);
    expect(await line.asked((resolve) => resolve("yes"))).toBe("yes");
    await expect(line.answered(Promise.reject(new Error("no")))).rejects.toThrow("no");
    await expect(line.asked((_, reject) => reject("in words"))).rejects.toThrow("in words");
    expect(line.isCut).toBe(false);
  });

  it("ends every wait when it is cut, for the first reason that it was cut for", async () => {
    const line = new Lifeline();
    const waits = [line.asked(() => {}), line.answered(new Promise(() => {}))].map((wait) => wait.catch(String));

    expect(line.cut(new Error("lost"))).toBe(true);
    expect(line.cut(new Error("closed"))).toBe(false);

    expect(await Promise.all(waits)).toEqual(["Error: lost", "Error: lost"]);
  });

  it("asks nothing after it was cut, and takes no answer that comes late", async () => {
    const line = new Lifeline();
    let late: (value: number) => void = () => {};
    const wait = line.asked<number>((resolve) => (late = resolve)).catch(String);
    line.cut(new Error("lost"));
    late(7);

    let asks = 0;
    expect(await wait).toBe("Error: lost");
    await expect(line.asked(() => asks++)).rejects.toThrow("lost");
    await expect(line.answered(Promise.reject(new Error("of the driver")))).rejects.toThrow("lost");
    expect(asks).toBe(0);
  });
});
