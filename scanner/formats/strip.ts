/** Removes everything from `open` to `close`, in one pass; a pattern would start anew at every unclosed `open`. */
export function without(text: string, open: string, close: string): string {
  let at = text.indexOf(open);
  if (at < 0) return text;
  const kept: string[] = [];
  let from = 0;
  while (at >= 0) {
    const end = text.indexOf(close, at + open.length);
    if (end < 0) break;
    kept.push(text.slice(from, at));
    from = end + close.length;
    at = text.indexOf(open, from);
  }
  kept.push(text.slice(from));
  return kept.join(' ');
}

/** Everything from each `open` to the next `close`, both included, in one pass; an unclosed one reaches to the end. */
export function between(text: string, open: string, close: string): string[] {
  const found: string[] = [];
  for (let at = text.indexOf(open); at >= 0; ) {
    const end = text.indexOf(close, at + open.length);
    if (end < 0) return [...found, text.slice(at)];
    found.push(text.slice(at, end + close.length));
    at = text.indexOf(open, end + close.length);
  }
  return found;
}
