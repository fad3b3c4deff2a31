import type { ScanContext } from '../types.js';
import { lineOf } from './decode-text.js';

interface Secret {
  readonly what: string;
  readonly pattern: RegExp;
}

/** Tokens whose form alone tells what they are; each pattern is linear. */
const SECRETS: readonly Secret[] = [
  {
    what: 'a private key',
    pattern: /-----BEGIN (?:[A-Z]{2,10} )?PRIVATE KEY(?: BLOCK)?-----\s+[A-Za-z0-9+/=:\s,-]{32}/,
  },
  { what: 'an AWS access key', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/ },
  {
    what: 'an AWS secret key',
    pattern:
      /[Aa][Ww][Ss]_[Ss][Ee][Cc][Rr][Ee][Tt]_[Aa][Cc][Cc][Ee][Ss][Ss]_[Kk][Ee][Yy]["']?\s{0,8}[=:]\s{0,8}["']?[A-Za-z0-9/+]{40}\b/,
  },
  { what: 'a Hugging Face token', pattern: /\bhf_[A-Za-z0-9]{30,200}\b/ },
  {
    what: 'a GitHub token',
    pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255})\b/,
  },
  { what: 'a GitLab token', pattern: /\bglpat-[A-Za-z0-9_-]{20,}/ },
  {
    what: 'an OpenAI key',
    pattern: /\bsk-(?:proj-[A-Za-z0-9_-]{40,}|[A-Za-z0-9]{40,}|svcacct-[A-Za-z0-9_-]{40,})/,
  },
  { what: 'an Anthropic key', pattern: /\bsk-ant-[A-Za-z0-9_-]{40,}/ },
  { what: 'a Slack token', pattern: /\bxox[abprs]-[A-Za-z0-9-]{20,}/ },
  { what: 'a Google API key', pattern: /\bAIza[A-Za-z0-9_-]{35}\b/ },
  { what: 'a PyPI token', pattern: /\bpypi-[A-Za-z0-9_-]{50,}/ },
  { what: 'an npm token', pattern: /\bnpm_[A-Za-z0-9]{36}\b/ },
];

/** All of them at once: most texts hold none, and one pass costs less than many. */
const ANY = new RegExp(SECRETS.map(({ pattern }) => `(?:${pattern.source})`).join('|'));

/** Assignments in a file of environment variables, whose names say that the value is secret. */
const ENVIRONMENT =
  /^[ \t]*(?:export[ \t]+)?[A-Z0-9_]{0,64}(?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY)[A-Z0-9_]{0,64}[ \t]{0,16}=[ \t]{0,16}["']?[^\s"'$<{]{6,}/m;

const isEnvironment = (name: string): boolean => /(^|\.)env(\.|$)/i.test(name);

/** Reports secrets in a text, without repeating them. */
export function findSecrets(text: string, name: string, context: ScanContext): void {
  const search = new SecretSearch(name);
  search.push(text);
  search.report(context);
}

/** What of a text is looked at again with the next piece; no token is longer, and few private keys stand apart so far. */
const OVERLAP = 4096;

/** Looks for secrets in a text that comes in pieces, and keeps what it finds until it is asked for. */
export class SecretSearch {
  readonly #found = new Map<string, number>();
  readonly #environment: boolean;
  #rest = '';
  #lines = 0;
  #first = true;

  constructor(name: string) {
    this.#environment = isEnvironment(name);
  }

  push(piece: string, last = true): void {
    const text = this.#rest === '' ? piece : this.#rest + piece;
    if (ANY.test(text)) for (const { what, pattern } of SECRETS) this.#look(what, pattern, text, last);
    if (this.#environment) this.#look('', ENVIRONMENT, text, last);
    this.#first = false;
    this.#rest = last ? '' : text.slice(-OVERLAP);
    if (!last) this.#lines += lineOf(text, text.length - this.#rest.length) - 1;
  }

  #look(what: string, pattern: RegExp, text: string, last: boolean): void {
    // The first letter of a later piece only tells what stands before the second.
    const skip = this.#first ? 0 : 1;
    const hit = new RegExp(pattern.source, `${pattern.flags}g`);
    hit.lastIndex = skip;
    const match = hit.exec(text);
    // One that ends with the piece may go on in the next, where it is found again.
    if (!match || (!last && match.index + match[0].length === text.length)) return;
    if (!this.#found.has(what)) this.#found.set(what, this.#lines + lineOf(text, match.index));
  }

  report(context: ScanContext): void {
    for (const [what, line] of this.#found)
      context.report(
        'SECRET-KEY',
        what === '' ? `line ${line} of an environment file sets a secret` : `${what} stands in line ${line}`,
      );
  }
}
