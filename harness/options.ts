import { HarnessError } from "./errors.ts";

/** One setting of a system, workload, checker, fault or model: `--set KEY=VALUE`. */
export interface OptionSpec {
  readonly name: string;
  readonly kind: "integer" | "number" | "boolean" | "text" | "choice";
  readonly unit?: string;
  readonly default: OptionValue;
  /** Why this default. */
  readonly reason: string;
  readonly choices?: readonly string[];
  /** What others of its kind may choose and this never can, with why: said to whoever asks for it. */
  readonly never?: { readonly [choice: string]: string };
  readonly min?: number;
  readonly max?: number;
}
export type OptionValue = string | number | boolean;
export type Settings = { readonly [name: string]: OptionValue };

/**
 * Reads `KEY=VALUE` texts against the options that exist; collects every problem and throws once.
 * Keys that no spec in `specs` names are an error listing those that exist.
 */
export function parseSettings(texts: readonly string[], specs: readonly OptionSpec[], owner: string): Settings {
  const settings: { [name: string]: OptionValue } = {};
  for (const spec of specs) settings[spec.name] = spec.default;
  const problems: string[] = [];
  for (const text of texts) {
    const cut = text.indexOf("=");
    const name = cut < 0 ? text : text.slice(0, cut);
    const value = cut < 0 ? "true" : text.slice(cut + 1);
    const spec = specs.find((candidate) => candidate.name === name);
    if (spec === undefined) {
      problems.push(`${owner} has no option ${JSON.stringify(name)} (it has ${specs.map((s) => s.name).join(", ") || "none"})`);
      continue;
    }
    const parsed = parseOption(spec, value);
    if (typeof parsed === "object") problems.push(parsed.problem);
    else settings[name] = parsed;
  }
  if (problems.length > 0) {
    throw new HarnessError("BAD_OPTION", problems.join("; "), { nextStep: "see `rashomon list` for the options, their units and defaults" });
  }
  return settings;
}

function parseOption(spec: OptionSpec, text: string): OptionValue | { problem: string } {
  const wrong = (expected: string, why?: string): { problem: string } => ({ problem: `option ${spec.name} takes ${expected}, not ${JSON.stringify(text)}${why === undefined ? "" : `: ${why}`}` });
  switch (spec.kind) {
    case "text":
      return text;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : wrong("true or false");
    case "choice":
      return spec.choices?.includes(text) === true ? text : wrong(`one of ${spec.choices?.join(", ")}`, spec.never?.[text]);
    case "integer":
    case "number": {
      const value = Number(text);
      if (text.trim() === "" || !Number.isFinite(value) || (spec.kind === "integer" && !Number.isInteger(value))) return wrong(spec.kind === "integer" ? "a whole number" : "a number");
      if (spec.min !== undefined && value < spec.min) return wrong(`at least ${spec.min}`);
      if (spec.max !== undefined && value > spec.max) return wrong(`at most ${spec.max}`);
      return value;
    }
  }
}

/** A setting that is an integer or number by its spec. */
export function numberOf(settings: Settings, name: string): number {
  const value = settings[name];
  if (typeof value !== "number") throw new Error(`assertion failed: option ${name} is a number`);
  return value;
}

/** A setting that is text or a choice by its spec. */
export function textOf(settings: Settings, name: string): string {
  const value = settings[name];
  if (typeof value !== "string") throw new Error(`assertion failed: option ${name} is a text`);
  return value;
}

/** A setting that is a boolean by its spec. */
export function booleanOf(settings: Settings, name: string): boolean {
  const value = settings[name];
  if (typeof value !== "boolean") throw new Error(`assertion failed: option ${name} is a boolean`);
  return value;
}
