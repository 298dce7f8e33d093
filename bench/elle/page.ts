import type { Measured } from "./subjects.ts";

/** The figures of one run as `docs/elle-scale.md`: a table with a row for each subject and size, and the plot. */
export function scalePage(rows: readonly Measured[], made: { readonly nodeVersion: string; readonly seed: string }): string {
  const cells = rows.map(({ subject, transactions, cpuMs, readCpuMs, peakMB, valid }) => [
    subject,
    transactions.toLocaleString("en"),
    (cpuMs / 1000).toFixed(2),
    ((cpuMs * 1000) / transactions).toFixed(2),
    readCpuMs === 0 ? "" : (readCpuMs / 1000).toFixed(2),
    peakMB.toFixed(0),
    valid === true ? "valid" : String(valid),
  ]);
  return `# What judging transactions costs

Made by \`npm run bench -- elle\` in one run: seed \`${made.seed}\`, Node ${made.nodeVersion}, one cold check in a process of its own.
Strict serializable histories, concurrency 20, 1 to 4 operations, 10 keys at a time of 64 writes each, 2 % fail, 0.5 % info.
CPU is user and system time of the check, reading apart; memory is the whole process at its highest, the history included.

![CPU seconds over transactions](images/elle-scale.svg)

| check | transactions | CPU s | µs each | reading s | peak MB | verdict |
|---|--:|--:|--:|--:|--:|---|
${cells.map((row) => `| ${row.join(" | ")} |`).join("\n")}
`;
}
