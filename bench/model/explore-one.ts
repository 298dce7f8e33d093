/** One exploration in a process of its own, for `bench/model.ts`: `explore-one.ts MODEL [KEY=VALUE…] [monitor] [reduce=N] [workers=N]`. */
import { assert } from "../../harness/assert.ts";
import { entryFile } from "../../harness/entry.ts";
import { parseSettings } from "../../harness/options.ts";
import { explore } from "../../checkers/model/explore.ts";
import { findModel } from "../../checkers/model/fixtures.ts";
import { exploreParallel } from "../../checkers/model/parallel.ts";

const [name = "", ...rest] = process.argv.slice(2);
const numberAfter = (key: string): number | undefined => rest.filter((argument) => argument.startsWith(`${key}=`)).map((argument) => Number(argument.slice(key.length + 1)))[0];
const own = /^(monitor|reduce=.*|workers=.*)$/;
const definition = findModel(name);
const settings = parseSettings(rest.filter((argument) => !own.test(argument)), definition.options, name);
const track = rest.includes("monitor") ? ("monitor" as const) : ("history" as const);
const reduceAfter = numberAfter("reduce");
const workers = numberAfter("workers");
const model = definition.make(settings);
const { unique, generated, depth } = await run();
console.log(JSON.stringify({ unique, generated, depth }));

function run(): ReturnType<typeof exploreParallel> {
  if (workers === undefined) return Promise.resolve(explore(model, { track, ...(reduceAfter === undefined ? {} : { reduceAfter }) }));
  assert(!("kind" in model), "workers share a model of actors");
  return exploreParallel(model, { finder: { module: entryFile(import.meta.url, "../../checkers/model/fixtures"), export: "findModel" }, name, settings, workers, track });
}
