import { defineConfig } from "vitest/config";
import { keepCompiledCode } from "./harness/compile-cache.ts";

keepCompiledCode();

export default defineConfig({
  test: {
    include: ["**/*.long.test.ts"],
    exclude: ["node_modules/**", "dist/**", "runs/**"],
    testTimeout: 1_800_000,
    hookTimeout: 600_000,
    pool: "forks",
    maxWorkers: 1,
    fileParallelism: false,
  },
});
