import { openHistoryFile } from "../history-file.ts";
import { processId } from "../ids.ts";
import { nextTurn } from "../time.ts";

/** Records for ever into the file that its argument names, and tells its parent what it has flushed: to be killed. */
const file = await openHistoryFile(process.argv[2]!);
for (let index = 0; ; ) {
  for (let i = 0; i < 500; i++, index++) {
    file.append({ index, process: processId((index >> 1) % 64), type: index % 2 === 0 ? "invoke" : "ok", f: "write", value: index >> 1, timeNs: index });
  }
  if (index % 5000 === 0) {
    const flushed = index;
    await file.flush();
    process.send?.(flushed);
  }
  await nextTurn();
}
