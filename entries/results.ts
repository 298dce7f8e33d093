/** What is kept and shown: formats in, run folders, pictures, reports. */
export { formats, parseHistory, readHistory } from "../results/formats/formats.ts";
export type { FormatName, HistoryFormat, RecordedHistory } from "../results/formats/format.ts";
export { createRunFolder, openRunFolder, readRunFolder } from "../results/store.ts";
export type * from "../results/records.ts";
export { drawSvg, drawText } from "../results/draw.ts";
export { renderReport } from "../results/html/report.ts";
