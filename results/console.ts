import type { Diagram } from "../harness/diagram.ts";
import type { Progress } from "../harness/runner.ts";
import { monotonicMs } from "../harness/time.ts";
import type { Anomaly } from "../harness/verdict.ts";
import { columnsOf, shorten, wrapText } from "./draw/svg.ts";
import { drawText, type TextOptions } from "./draw/text.ts";
import { signs, witnessNames, witnessOrder } from "./html/parts.ts";
import type { RunVerdict, WitnessAccount } from "./records.ts";
import { count, duration, firstLine } from "./words.ts";
import { visible } from "./visible.ts";

/**
 * What people see while a run goes on and when it ends. Everything here goes to standard error, so that `--json` owns
 * standard output. Colour only where the terminal has it (NO_COLOR, TERM=dumb and pipes have none), and never alone:
 * each verdict has a sign and a word.
 */
export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** How a terminal wants its text; `environment` is `process.env` unless a test says otherwise. */
export interface ConsoleStyle {
  readonly width: number;
  readonly color: boolean;
  readonly charset: "unicode" | "ascii";
}

/** At most 100 columns (also where a terminal says 0, that is, nothing); ASCII where the locale is not UTF-8. */
export function styleOf(terminal: Terminal, environment: { readonly [name: string]: string | undefined } = process.env): ConsoleStyle {
  const color = terminal.isTTY === true && (environment.NO_COLOR ?? "") === "" && environment.TERM !== "dumb";
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || "UTF-8";
  const plainLocale = /^(C|POSIX)$/.test(locale) && terminal.isTTY === true;
  return { width: Math.max(40, Math.min(100, terminal.columns || 100)), color, charset: environment.TERM === "dumb" || plainLocale ? "ascii" : "unicode" };
}

export interface LiveLine {
  /** Shows the state of affairs: overwritten in place on a terminal, a line about every 2 s elsewhere. */
  update(progress: Progress): void;
  /** A line that stays, such as `n1: healthy after 0.4 s`; the live line goes on below it. */
  log(line: string): void;
  /** Ends the live line; nothing of it is left on a terminal. Calling twice does nothing. */
  done(): void;
}

/** `main  4.1 s left  243 ops/s  ok 1,204  fail 3  info 12  fault: isolate n3`. `plainEveryMs`: default 2,000. */
export function liveLine(options: { readonly stream: Terminal; readonly isTTY?: boolean; readonly name?: string; readonly plainEveryMs?: number; readonly style?: ConsoleStyle }): LiveLine {
  const { stream } = options;
  const onTerminal = options.isTTY ?? stream.isTTY === true;
  const style = options.style ?? styleOf(stream);
  const everyMs = options.plainEveryMs ?? 2000;
  let shown = false;
  let lastMs = -Infinity;
  let lastPhase = "";
  const clear = (): void => {
    if (shown) stream.write("\r\u001b[K");
    shown = false;
  };
  return {
    update(progress) {
      const text = progressText(progress, options.name);
      if (onTerminal) {
        const width = Math.max(20, (stream.columns || style.width) - 1);
        stream.write(`\r\u001b[K${emphasized(shorten(text, width), progress, style)}`);
        shown = true;
      } else if (monotonicMs() - lastMs >= everyMs || progress.phase !== lastPhase) {
        lastMs = monotonicMs();
        lastPhase = progress.phase;
        stream.write(`${text}\n`);
      }
    },
    log(line) {
      clear();
      stream.write(`${line}\n`);
    },
    done: clear,
  };
}

/** The live line's words. Pure. */
export function progressText(progress: Progress, name?: string): string {
  const parts = [
    name ?? "",
    progress.phase === "main" ? `${duration(Math.max(0, Math.round(progress.timeLeftMs / 100) * 1e8))} left` : progress.phase,
    `${count(Math.round(progress.opsPerSecond))} ops/s`,
    `ok ${count(progress.ok)}`,
    `fail ${count(progress.fail)}`,
    `info ${count(progress.info)}`,
    progress.faults.length === 0 ? "no fault" : `fault: ${progress.faults.join("; ")}`,
  ];
  return parts.filter((part) => part !== "").join("  ");
}

/** The table of accounts: witnesses down, systems across while they fit, otherwise one system after the other. Ends in a newline. */
export function accountsText(accounts: readonly WitnessAccount[], style: ConsoleStyle): string {
  const systems = [...new Set(accounts.map((account) => account.system))];
  const gutter = 11;
  const across = Math.max(1, Math.min(systems.length, Math.floor((style.width - gutter) / 36)));
  const blocks: string[] = [];
  for (let i = 0; i < systems.length; i += across) blocks.push(accountsBlock(accounts, { systems: systems.slice(i, i + across), gutter, style }));
  const text = blocks.join("\n\n") + "\n";
  return style.charset === "ascii" ? inAscii(text) : text;
}

/** Writes `accountsText` to a terminal. */
export function printAccounts(accounts: readonly WitnessAccount[], terminal: Terminal, style: ConsoleStyle = styleOf(terminal)): void {
  terminal.write(accountsText(accounts, style));
}

/** An anomaly: its name, its sentence, what was expected and received, its first picture. Ends in a newline. */
export function anomalyText(anomaly: Anomaly, style: ConsoleStyle): string {
  const { name, explanation, expected, received, diagrams = [] } = anomaly;
  const lines = [paint(`${signs.invalid} ${name}`, "bad", style), ...visible(explanation).split("\n").flatMap((part) => wrapText(part, style.width - 2, 12)).map((line) => `  ${line}`)];
  const compared = [expected === undefined ? "" : `expected ${visible(expected)}`, received === undefined ? "" : `received ${visible(received)}`].filter((text) => text !== "").join(", ");
  if (compared !== "") lines.push(...wrapText(compared, style.width - 2, 4).map((line) => `  ${line}`));
  const text: TextOptions = { width: style.width - 2, charset: style.charset, emphasize: (part) => paint(part, "bad", style) };
  const [first] = diagrams;
  if (first !== undefined) lines.push("", ...drawing(() => drawText(withoutReasons(first, explanation), text)).split("\n").map((line) => (line === "" ? "" : `  ${line}`)));
  const whole = lines.join("\n") + "\n";
  return style.charset === "ascii" ? inAscii(whole) : whole;
}

/** A cycle below its explanation names its dependencies; why each holds was said above it. */
function withoutReasons(diagram: Diagram, explanation: string): Diagram {
  if (diagram.kind !== "cycle-graph") return diagram;
  return { ...diagram, edges: diagram.edges.map(({ note, ...edge }) => (note === undefined || explanation.includes(note) ? edge : { ...edge, note })) };
}

/** Writes `anomalyText` to a terminal. */
export function printAnomaly(anomaly: Anomaly, terminal: Terminal, style: ConsoleStyle = styleOf(terminal)): void {
  terminal.write(anomalyText(anomaly, style));
}

/** `✓ valid`, coloured where that is wanted. */
export function verdictText(verdict: RunVerdict, style: ConsoleStyle): string {
  const sign = style.charset === "ascii" ? { valid: "+", invalid: "X", unknown: "?", vacuous: "0" }[verdict] : signs[verdict];
  return paint(`${sign} ${verdict}`, verdict === "valid" ? "good" : verdict === "invalid" ? "bad" : "unsure", style);
}

type Tone = "good" | "bad" | "unsure" | "quiet" | "strong";
const codes: { readonly [tone in Tone]: readonly [on: number, off: number] } = { good: [32, 39], bad: [31, 39], unsure: [33, 39], quiet: [2, 22], strong: [1, 22] };

function paint(text: string, tone: Tone, style: ConsoleStyle): string {
  const [on, off] = codes[tone];
  return style.color ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}

/** A picture that cannot be drawn does not take the message with it. */
function drawing(draw: () => string): string {
  try {
    return draw();
  } catch (error) {
    return `(the picture could not be drawn: ${error instanceof Error ? error.message : String(error)})`;
  }
}

function emphasized(text: string, progress: Progress, style: ConsoleStyle): string {
  const at = progress.faults.length === 0 ? -1 : text.indexOf("fault: ");
  return at < 0 ? text : text.slice(0, at) + paint(text.slice(at), "unsure", style);
}

interface Line {
  readonly text: string;
  readonly tone: Tone | undefined;
}

function accountsBlock(accounts: readonly WitnessAccount[], { systems, gutter, style }: { systems: readonly string[]; gutter: number; style: ConsoleStyle }): string {
  const column = Math.floor((style.width - gutter) / systems.length);
  const rule = "─".repeat(style.width);
  const lines = [paint(" ".repeat(gutter) + systems.map((system) => pad(shorten(system, column - 2), column)).join("").trimEnd(), "strong", style), rule];
  for (const witness of witnessOrder) {
    const asked = accounts.filter((account) => account.witness === witness && systems.includes(account.system));
    const bounds = asked[0]?.bounds ?? [];
    const boundsOnce = asked.length > 1 && bounds.length > 0 && asked.every((account) => account.bounds?.join() === bounds.join());
    const cells = systems.map((system) => asked.filter((account) => account.system === system).flatMap((account) => cellLines(account, { width: column - 2, style, boundsOnce })));
    const height = Math.max(0, ...cells.map((cell) => cell.length));
    if (height === 0) continue;
    for (let i = 0; i < height; i++) {
      const head = i === 0 ? pad(witnessNames[witness].name.toLowerCase(), gutter) : " ".repeat(gutter);
      const row = cells.map((cell) => {
        const line = cell[i] ?? (i === 0 ? { text: "not asked", tone: "quiet" as const } : { text: "", tone: undefined });
        const spaces = " ".repeat(Math.max(0, column - columnsOf(line.text)));
        return (line.tone === undefined ? line.text : paint(line.text, line.tone, style)) + spaces;
      });
      lines.push((head + row.join("")).trimEnd());
    }
    if (boundsOnce) lines.push(...joinUnits(boundsUnits(bounds), style.width - gutter).map((text) => " ".repeat(gutter) + paint(text, "quiet", style)));
    lines.push(rule);
  }
  return lines.join("\n");
}

/** Verdict, summary, the three weightiest figures, bounds; an unexpected verdict says so. */
function cellLines(account: WitnessAccount, { width, style, boundsOnce }: { width: number; style: ConsoleStyle; boundsOnce: boolean }): Line[] {
  const tone = account.verdict === "valid" ? "good" : account.verdict === "invalid" ? "bad" : "unsure";
  const surprising = account.expected !== undefined && account.expected !== account.verdict ? ` (expected ${account.expected})` : "";
  const sign = style.charset === "ascii" ? { valid: "+", invalid: "X", unknown: "?", vacuous: "0" }[account.verdict] : signs[account.verdict];
  const figures = account.figures.slice(0, 3).map((figure) => `${figure.label} ${figure.value}`);
  if (account.cpuMs !== undefined) figures.push(`CPU ${duration(account.cpuMs * 1e6)}`);
  const quiet = (units: readonly string[]): Line[] => joinUnits(units, width).map((text) => ({ text, tone: "quiet" }));
  return [
    ...wrapText(`${sign} ${account.verdict}${surprising}`, width, 2).map((text): Line => ({ text, tone })),
    ...wrapText(firstLine(account.summary, 180), width, 5).map((text): Line => ({ text, tone: undefined })),
    ...quiet(figures),
    ...(account.bounds === undefined || account.bounds.length === 0 || boundsOnce ? [] : quiet(boundsUnits(account.bounds))),
  ];
}

function boundsUnits(bounds: readonly string[]): string[] {
  return ["within these bounds:", ...bounds];
}

/** Units joined by semicolons into lines; a unit is broken only when it is wider than a line. */
function joinUnits(units: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const [i, unit] of units.entries()) {
    const text = i === units.length - 1 || unit.endsWith(":") ? unit : `${unit};`;
    const last = lines.at(-1);
    if (last !== undefined && columnsOf(last) + 1 + columnsOf(text) <= width) lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(...wrapText(text, width, 4));
  }
  return lines;
}

function inAscii(text: string): string {
  return text.replace(/[─]/g, "-").replace(/→/g, "->").replace(/✓/g, "+").replace(/✗/g, "X").replace(/∅/g, "0").replace(/[—–]/g, "-").replace(/…/g, "~").replace(/µ/g, "u").replace(/×/g, "x");
}

function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - columnsOf(text)));
}
