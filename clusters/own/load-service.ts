import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { HarnessError } from "../../harness/errors.ts";
import type { OwnService } from "./own-service.ts";

/** Is that the name of a definition file rather than of a system? Names of systems have neither dots nor slashes. */
export function isDefinitionFile(text: string): boolean {
  return /[./\\]/.test(text);
}

/** The service that a module exports as its default, and the module's folder. Everything that is wrong with it is told at once. */
export async function loadService(file: string): Promise<{ readonly service: OwnService; readonly folder: string }> {
  const path = resolve(file);
  if (!existsSync(path)) throw new HarnessError("FILE_UNREADABLE", `there is no definition file ${path}`, { nextStep: "name a module that exports a service as its default; docs/own-service.md has one" });
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  } catch (cause) {
    throw new HarnessError("FILE_UNREADABLE", `${path} could not be loaded`, { nextStep: "make it run under node by itself", cause });
  }
  const problems = problemsOf(module.default);
  if (problems.length === 0) return { service: module.default as OwnService, folder: dirname(path) };
  throw new HarnessError("BAD_OPTION", `${path} exports no service: ${problems.join("; ")}`, { nextStep: "see docs/own-service.md for what a definition file exports" });
}

const places: readonly (readonly [key: string, need: string, fits: (runs: Fields) => boolean])[] = [
  ["dockerfile", "a path, and `port` a number", (runs) => isText(runs["dockerfile"]) && isPort(runs["port"])],
  ["image", "a name, and `port` a number", (runs) => isText(runs["image"]) && isPort(runs["port"])],
  ["compose", "a path", (runs) => isText(runs["compose"])],
  ["containers", "a list of ids, and `port` a number", (runs) => isTexts(runs["containers"]) && isPort(runs["port"])],
  ["endpoints", "a list of HOST:PORT", (runs) => isTexts(runs["endpoints"])],
];

type Fields = { readonly [name: string]: unknown };

/** It was written by hand, often without types: look at all of it. */
function problemsOf(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return ["there is no default export that is an object"];
  const service = value as Fields;
  const runs = typeof service["runs"] === "object" && service["runs"] !== null ? (service["runs"] as Fields) : {};
  const chosen = places.filter(([key]) => key in runs);
  return [
    ...(typeof service["name"] === "string" && /^[A-Za-z0-9][A-Za-z0-9-]*$/.test(service["name"]) ? [] : ["`name` is letters, digits and dashes"]),
    ...(isTexts(service["workloads"]) ? [] : ["`workloads` is a list of names, such as [\"register\"]"]),
    ...(typeof service["client"] === "function" ? [] : ["`client` is a function"]),
    ...(typeof service["ready"] === "function" || (isText(service["ready"]) && service["ready"].startsWith("/")) ? [] : ["`ready` is a path such as /health, or a function"]),
    ...(chosen.length === 1 ? [] : [`\`runs\` has exactly one of ${places.map(([key]) => key).join(", ")}`]),
    ...chosen.filter(([, , fits]) => !fits(runs)).map(([key, need]) => `\`runs.${key}\` is ${need}`),
  ];
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isText);
}
function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535;
}
