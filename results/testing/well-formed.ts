/** Elements that HTML leaves without an end. */
const empty = new Set(["meta", "br", "link", "hr", "img"]);

/**
 * A strict reader for our own markup: tags balance, attributes are quoted, nothing is left that looks like a tag.
 * Returns what is wrong, or undefined. Knows `style` content, the doctype and the XML declaration, no more.
 */
export function markupFault(markup: string): string | undefined {
  const open: string[] = [];
  const body = markup.replace(/^<\?xml[^>]*\?>\s*/, "").replace(/^<!DOCTYPE html>\s*/, "").replace(/<style>[^<]*<\/style>/g, "");
  let fault: string | undefined;
  const rest = body.replace(/<(\/?)([a-zA-Z][\w-]*)((?:\s+[a-zA-Z][\w:-]*(?:="[^"<]*")?)*)\s*(\/?)>/g, (_tag, end: string, name: string, _attributes: string, self: string) => {
    if (end === "/") {
      const expected = open.pop();
      if (expected !== name) fault ??= `</${name}> closes <${expected}>`;
    } else if (self === "" && !empty.has(name)) open.push(name);
    return "";
  });
  if (fault !== undefined) return fault;
  if (open.length > 0) return `<${open.at(-1)}> is not closed`;
  const stray = /[<>]/.exec(rest);
  if (stray !== null) return `stray ${stray[0]} near ${rest.slice(Math.max(0, stray.index - 40), stray.index + 40)}`;
  const ampersand = /&(?!amp;|lt;|gt;|quot;|#39;)/.exec(rest);
  return ampersand === null ? undefined : `bare & near ${rest.slice(Math.max(0, ampersand.index - 20), ampersand.index + 20)}`;
}
