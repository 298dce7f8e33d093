// Types, style and the closed doors of time and chance. Each ban names its replacement.
import tseslint from "typescript-eslint";

const closedDoors = {
  "no-restricted-globals": [
    "error",
    ...["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval"].map((name) => ({
      name,
      message: "use sleep(), after() or every() of harness/time.ts: they take a signal and the monotonic clock",
    })),
    { name: "performance", message: "use monotonicNs() of harness/time.ts" },
  ],
  "no-restricted-properties": [
    "error",
    { object: "Date", property: "now", message: "use monotonicNs() of harness/time.ts, or wallClock() for labels" },
    { object: "Math", property: "random", message: "use a Random forked from the run's seed (harness/random.ts)" },
    { object: "process", property: "hrtime", message: "use monotonicNs() of harness/time.ts" },
    { object: "AbortSignal", property: "timeout", message: "use deadlineSignal() of harness/time.ts" },
    ...["randomBytes", "randomUUID", "randomInt", "getRandomValues"].map((property) => ({
      object: "crypto",
      property,
      message: "use a Random forked from the run's seed (harness/random.ts)",
    })),
  ],
  "no-restricted-syntax": [
    "error",
    { selector: "NewExpression[callee.name='Date']", message: "use wallClock() of harness/time.ts" },
    { selector: "TSEnumDeclaration", message: "use a union of string literals" },
    { selector: "TSModuleDeclaration", message: "use a module file" },
    { selector: "TSParameterProperty", message: "declare the field" },
  ],
  "no-restricted-imports": [
    "error",
    {
      paths: [
        { name: "node:crypto", importNames: ["randomBytes", "randomUUID", "randomInt", "randomFillSync", "webcrypto"], message: "use harness/random.ts" },
        { name: "node:timers", message: "use harness/time.ts" },
        { name: "node:timers/promises", message: "use harness/time.ts" },
        { name: "node:perf_hooks", message: "use harness/time.ts" },
      ],
    },
  ],
};

export default tseslint.config(
  { ignores: ["dist/**", "runs/**", "node_modules/**", "**/*.cjs", ".cache/**"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.base],
    plugins: { "@typescript-eslint": tseslint.plugin },
    rules: {
      ...closedDoors,
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "no-warning-comments": ["error", { terms: ["fixme"], location: "anywhere" }],
      "prefer-const": "error",
      eqeqeq: ["error", "always"],
    },
  },
  {
    files: ["**/*.ts"],
    ignores: ["**/*.test.ts", "bench/**", "scripts/**", "vitest*.config.ts"],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: false }],
      "@typescript-eslint/await-thenable": "error",
    },
  },
  {
    files: ["harness/time.ts", "harness/random.ts"],
    rules: { "no-restricted-globals": "off", "no-restricted-properties": "off", "no-restricted-syntax": "off", "no-restricted-imports": "off" },
  },
);
