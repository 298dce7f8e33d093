import { createInterface } from "node:readline";
import type { ExplorableModel } from "../../checkers/model/explore.ts";
import { type Place, Stepper } from "../../checkers/model/stepper.ts";
import { HarnessError } from "../../harness/errors.ts";
import type { Json } from "../../harness/json.ts";
import type { Output } from "../output.ts";

/** `rashomon explore SYSTEM --step`: reads a choice a line from standard input, and shows where it leads, until `quit` or the end. */
export async function exploreByHand(of: ExplorableModel, output: Output): Promise<void> {
  if ("kind" in of) throw new HarnessError("USAGE", `${of.name} is a model of bit fields: it has no steps to show one by one`, { nextStep: "step through a system of actors" });
  const stepper = new Stepper(of);
  const show = (): void => {
    const place = stepper.look();
    output.result(jsonOf(place), () => inWords(place));
  };
  show();
  for await (const line of createInterface({ input: process.stdin, terminal: false })) {
    const order = line.trim();
    if (order === "quit") break;
    if (order === "") continue;
    try {
      stepper.take(order);
    } catch (error) {
      // A slip of the hand ends nothing.
      output.failure(error);
      continue;
    }
    show();
  }
}

function jsonOf({ steps, last, state, broken, choices }: Place): object {
  return { steps, last: last ?? null, parties: state.parties as unknown as Json, messages: state.messages, broken: broken ?? null, choices };
}

function inWords({ steps, last, state, broken, choices }: Place): string {
  return [
    last === undefined ? "start" : `step ${steps}: ${last}`,
    ...state.parties.map(({ label, state: shown }) => `  ${label}  ${JSON.stringify(shown)}`),
    ...state.messages.map((message) => `  on its way  ${message}`),
    ...(broken === undefined ? [] : [`  broken: not ${broken}`]),
    ...choices.map((choice, i) => `${String(i + 1).padStart(4)}  ${choice}`),
    choices.length === 0 ? "nothing can happen any more (back, quit)" : "number, back or quit:",
  ].join("\n");
}
