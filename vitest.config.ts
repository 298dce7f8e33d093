import { defineConfig } from "vitest/config";
import { keepCompiledCode } from "./harness/compile-cache.ts";

keepCompiledCode();

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    exclude: ["node_modules/**", "dist/**", "runs/**", "**/*.docker.test.ts", "**/*.long.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
