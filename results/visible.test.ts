import { expect, test } from "vitest";
import { anomalyText } from "./console.ts";
import { escapeXml } from "./draw/svg.ts";
import { visible } from "./visible.ts";

test("a value that turns the direction of writing, or speaks to the terminal, is spelled out", () => {
  expect(visible("a\u202eb\u009bc\u2066d\u001b[2J")).toBe("a\\u202eb\\u009bc\\u2066d\\u001b[2J");
});

test("what is written from right to left by itself stays, as line ends, tabs and every sign that is seen do", () => {
  expect(visible("עברית\n\t日本語 😀 é")).toBe("עברית\n\t日本語 😀 é");
});

test("neither the page nor the terminal is given it as it is", () => {
  const anomaly = { name: "nonlinearizable", operations: [0], explanation: "read → \u202ex", expected: "\u009b2J" };

  expect(escapeXml(anomaly.explanation)).toBe("read → \\u202ex");
  expect(anomalyText(anomaly, { color: false, charset: "unicode", width: 80 })).not.toMatch(/[\u202e\u009b]/);
});
