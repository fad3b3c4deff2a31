// Names come from outside, and a CI service takes commands from whatever a step prints: `##vso[…]` and `##[…]` anywhere in
// a line (Azure Pipelines, GitHub), `##teamcity[…]`, `::add-mask::` and its like at the beginning of one (GitHub). Every
// writer of names, to a terminal, a log or a document that may be printed there, breaks them in the spelling of its format.

const COMMAND = /##(?=[A-Za-z]*\[)|::(?=[A-Za-z][A-Za-z-]*(?: |::))/g;

/** For terminals: a backslash in the middle, visible and harmless. */
export const neutralText = (text: string): string => text.replace(COMMAND, (m) => `${m[0]}\\${m[1]}`);

/** For JSON: the same value, one character of it escaped. */
export const neutralJson = (json: string): string =>
  json.replace(COMMAND, (m) => `\\u${m.charCodeAt(0).toString(16).padStart(4, '0')}${m[1]}`);

/** For XML and HTML: the same text, one character of it as a reference. */
export const neutralMarkup = (markup: string): string =>
  markup.replace(COMMAND, (m) => `&#${m.charCodeAt(0)};${m[1]}`);
