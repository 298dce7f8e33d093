#!/usr/bin/env node
/**
 * Where the command line begins: on a Node that is too old this says so, where loading the rest would end in a
 * `SyntaxError`. So nothing is imported above the question, and nothing here is newer than Node 18.
 */
const oldest = [22, 18] as const;
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) await import("./program.ts");
else {
  process.stderr.write(`rashomon needs Node ${oldest.join(".")} or newer, and this is ${process.versions.node}\n  next: install a newer Node, or run it beside this one: npx -p node@24 -p rashomon rashomon --help\n`);
  process.exitCode = 4;
}

export {};
