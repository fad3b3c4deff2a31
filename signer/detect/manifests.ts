import type { Json } from '../../core/json/strict-json.js';
import { parseStrictJson } from '../../core/json/strict-json.js';
import type { ModelMetadata } from '../metadata.js';

const LIMITS = { what: 'description of the model', maxBytes: 4 * 1024 * 1024, maxDepth: 64 };
/** As many as metadata may hold. */
const MAX_VERSIONS = 10_000;
const MAX_VERSION_TEXT = 256;

/** Keys in which frameworks write their version into a model's configuration. */
const VERSION_KEYS: Readonly<Record<string, string>> = {
  transformers_version: 'transformers',
  _diffusers_version: 'diffusers',
  keras_version: 'keras',
  sentence_transformers_version: 'sentence-transformers',
  peft_version: 'peft',
  sklearn_version: 'scikit-learn',
};

/** `config.json`, `model_index.json` or Keras' `metadata.json`. */
export function fromConfig(bytes: Uint8Array): ModelMetadata {
  const config = record(parseStrictJson(bytes, LIMITS));
  const nested = record(config.__version__);
  const frameworks: Record<string, string> = {};
  for (const [key, name] of Object.entries(VERSION_KEYS)) {
    const version = config[key];
    if (isVersion(version)) frameworks[name] = version;
  }
  // sentence-transformers writes the versions of what it stands on under one key.
  for (const [name, version] of Object.entries(nested)) {
    if (isVersion(version)) frameworks[name.replaceAll('_', '-')] = version;
  }
  return Object.keys(frameworks).length > 0 ? { frameworks } : {};
}

export function fromPackageJson(bytes: Uint8Array): ModelMetadata {
  const dependencies: Record<string, string> = {};
  for (const [name, version] of Object.entries(record(record(parseStrictJson(bytes, LIMITS)).dependencies))) {
    if (isVersion(version)) dependencies[name] = version;
  }
  return some(dependencies);
}

/** PEP 508 requirements, one a line; options, paths and URLs are left out. */
export function fromRequirements(bytes: Uint8Array): ModelMetadata {
  return some(requirements(new TextDecoder().decode(bytes).split(/\r?\n/)));
}

/** The `dependencies` array of the `[project]` table (PEP 621); other forms are left out. */
export function fromPyproject(bytes: Uint8Array): ModelMetadata {
  const text = new TextDecoder().decode(bytes);
  const start = text.search(/^\[project\]\s*$/m);
  if (start < 0) return {};
  const table = text.slice(start).split(/\n(?=\[)/, 1)[0] ?? '';
  const list = /^dependencies\s*=\s*\[/m.exec(table);
  return list ? some(requirements(quoted(table, list.index + list[0].length))) : {};
}

/** The quoted texts from `at` to the bracket that closes the array; comments are skipped. One pass. */
function quoted(text: string, at: number): string[] {
  const out: string[] = [];
  for (let i = at; i < text.length && text[i] !== ']' && out.length < MAX_VERSIONS; i++) {
    const c = text[i];
    if (c !== '"' && c !== "'" && c !== '#') continue;
    const end = text.indexOf(c === '#' ? '\n' : c, i + 1);
    if (end < 0) break;
    if (c !== '#') out.push(text.slice(i + 1, end));
    i = end;
  }
  return out;
}

const REQUIREMENT =
  /^([A-Za-z0-9][A-Za-z0-9._-]{0,127})\s*(?:\[[^\]]*\])?\s*((?:[=<>!~]=?=?\s*[^;#,\s]+\s*,?\s*)*)/;

function requirements(lines: readonly string[]): Record<string, string> {
  const out: Record<string, string> = {};
  for (const line of lines.slice(0, MAX_VERSIONS)) {
    const match = REQUIREMENT.exec(line.slice(0, 1024).trim());
    if (!match || line.includes('://')) continue;
    const wanted = (match[2] ?? '')
      .replace(/\s+/g, '')
      .replace(/,$/, '')
      .replace(/^==(?=[^=,]+$)/, '');
    out[match[1] as string] = wanted === '' ? '*' : wanted.slice(0, MAX_VERSION_TEXT);
  }
  return out;
}

const some = (dependencies: Record<string, string>): ModelMetadata =>
  Object.keys(dependencies).length > 0 ? { dependencies } : {};

export function record(value: Json | undefined): Readonly<Record<string, Json>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
}

function isVersion(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_VERSION_TEXT;
}
