/** True when unpacking an entry of this name would write outside the target folder, on any system. */
export function leavesFolder(name: string): boolean {
  if (/^([/\\]|[A-Za-z]:)/.test(name)) return true;
  return name.split(/[/\\]/).includes('..');
}

/** True when a link at `name` with this target points outside the folder that both are unpacked into. */
export function linkEscapes(name: string, target: string): boolean {
  if (/^([/\\]|[A-Za-z]:)/.test(target)) return true;
  let depth = name.split(/[/\\]/).length - 1;
  for (const part of target.split(/[/\\]/)) {
    if (part === '..') depth--;
    else if (part !== '.' && part !== '') depth++;
    if (depth < 0) return true;
  }
  return false;
}
