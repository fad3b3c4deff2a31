import { ModelsealError } from '../errors/index.js';

/** A model by the name that the Hugging Face hub gives it. */
export interface HubAddress {
  /** `ORG/NAME`, or `NAME` alone for the few models of the hub's first days. */
  readonly name: string;
  /** Branch, tag or commit; `main` where none was said. */
  readonly revision: string;
}

const SCHEME = 'hf://';
/** The hub's own rule for names, which leaves nothing that could lead out of a folder. */
const PART = /^(?![.-])(?!.*(?:--|\.\.))[A-Za-z0-9._-]{1,96}(?<![.-])$/;
/** Branches may have slashes, as in `refs/pr/1`. */
const REVISION = /^(?![./])(?!.*(?:\.\.|\/\/|\/\.))[A-Za-z0-9._/-]{1,200}(?<!\/)$/;

export const isHubAddress = (text: string): boolean => text.startsWith(SCHEME);

/** @throws {ModelsealError} `ERR_HUB_ADDRESS` */
export function parseHubAddress(text: string): HubAddress {
  const bad = (problem: string): ModelsealError =>
    new ModelsealError('ERR_HUB_ADDRESS', { address: text, problem });
  if (!isHubAddress(text)) throw bad('it does not begin with hf://');
  const rest = text.slice(SCHEME.length);
  const at = rest.indexOf('@');
  const name = at < 0 ? rest : rest.slice(0, at);
  const revision = at < 0 ? 'main' : rest.slice(at + 1);
  const parts = name.split('/');
  if (parts.length > 2) throw bad('it names a file; a model is ORG/NAME');
  if (!parts.every((part) => PART.test(part)))
    throw bad('ORG/NAME consists of letters, digits, ".", "_" and "-"');
  if (!REVISION.test(revision)) throw bad('behind @ stands no branch, tag or commit');
  return { name, revision };
}
