/** One exploration in a process of its own, for `bench/model.ts`: `explore-one.ts MODEL [KEY=VALUE…] [monitor] [reduce=N]`. */
import { explore } from "../../checkers/model/explore.ts";
import { findModel } from "../../checkers/model/fixtures.ts";
import { parseSettings } from "../../harness/options.ts";

const [name = "", ...rest] = process.argv.slice(2);
const reduce = rest.find((argument) => argument.startsWith("reduce="));
const definition = findModel(name);
const settings = parseSettings(rest.filter((argument) => argument !== "monitor" && argument !== reduce), definition.options, name);
const { unique, generated, depth } = explore(definition.make(settings), {
  track: rest.includes("monitor") ? "monitor" : "history",
  ...(reduce === undefined ? {} : { reduceAfter: Number(reduce.slice("reduce=".length)) }),
});
console.log(JSON.stringify({ unique, generated, depth }));
