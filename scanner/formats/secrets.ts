import type { ScanContext } from '../types.js';
import { lineOf } from './decode-text.js';

/** Tokens whose form alone tells what they are; each pattern is linear. */
const SECRETS: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  {
    what: 'a private key',
    pattern: /-----BEGIN (?:[A-Z]{2,10} )?PRIVATE KEY(?: BLOCK)?-----\s+[A-Za-z0-9+/=:\s,-]{32}/,
  },
  { what: 'an AWS access key', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/ },
  {
    what: 'an AWS secret key',
    pattern: /aws_secret_access_key["']?\s{0,8}[=:]\s{0,8}["']?[A-Za-z0-9/+]{40}\b/i,
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

/** Assignments in a file of environment variables, whose names say that the value is secret. */
const ENVIRONMENT =
  /^[ \t]*(?:export[ \t]+)?[A-Z0-9_]{0,64}(?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY)[A-Z0-9_]{0,64}[ \t]{0,16}=[ \t]{0,16}["']?[^\s"'$<{]{6,}/m;

/** Reports secrets in a text, without repeating them. */
export function findSecrets(text: string, name: string, context: ScanContext): void {
  for (const { what, pattern } of SECRETS) {
    const hit = pattern.exec(text);
    if (hit) context.report('SECRET-KEY', `${what} stands in line ${lineOf(text, hit.index)}`);
  }
  if (!/(^|\.)env(\.|$)/i.test(name)) return;
  const hit = ENVIRONMENT.exec(text);
  if (hit)
    context.report('SECRET-KEY', `line ${lineOf(text, hit.index)} of an environment file sets a secret`);
}
