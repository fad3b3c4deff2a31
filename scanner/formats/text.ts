import type { ByteSource } from '../../core/formats/source.js';
import { leavesFolder } from '../containers/paths.js';
import type { FormatScanner, ScanContext } from '../types.js';
import { CONFIG_KEYS, scanConfig } from './config.js';
import { decodeText, isBinary, MAX_TEXT_BYTES, readText } from './decode-text.js';
import { findDependencySources, listsDependencies } from './dependencies.js';
import { scanJinja } from './jinja.js';
import { isObject, type Json, parseJson, textOf } from './json.js';
import { JsonReducer, KeySet } from './json-reduce.js';
import { isKerasConfig, scanKeras } from './keras.js';
import { looksLikeMarkup, scanMarkup } from './markup.js';
import { isNotebook, scanNotebook } from './notebook.js';
import { looksLikePython, scanPython } from './python-code.js';
import { scanGraphText } from './savedmodel.js';
import { looksLikeJavaScript, looksLikeShell, scanJavaScript } from './script-code.js';
import { findSecrets, SecretSearch } from './secrets.js';
import { looksLikeYaml, scanYaml } from './yaml.js';

/** Names of texts for people: what they quote is not meant for any reader but them. */
const PROSE =
  /\.(?:md|markdown|rst|txt|csv|tsv|log|tex|bib)$|^(?:LICENSE|LICENCE|NOTICE|COPYING|README|AUTHORS)/i;

/** Smaller texts are read as a whole at once. */
const STREAM_FROM = 4 << 20;
/** Strings of this size are garbage that V8 collects cheaply. */
const PIECE_BYTES = 96 << 10;
/** Texts with longer lines are read as a whole where a pattern for lines matters. */
const MAX_LINE = 1 << 20;
/** Keys that somebody looks at: configurations, and the files of weights of TensorFlow.js. */
const TELLING = new KeySet([...CONFIG_KEYS, 'weightsManifest', 'paths']);
/** Keys of notebooks and Keras models, of which all counts. */
const WHOLE = new KeySet(['nbformat', 'class_name']);

/**
 * Text of any kind. It is inert unless something reads it as configuration, template or code, so each of these is
 * recognised and looked at as such; what remains is plain text.
 */
export const textScanner: FormatScanner = {
  format: 'text',
  detect(head, source) {
    return decodeText(head, source.size > head.length) === undefined ? 'no' : 'possible';
  },
  scan(source, context) {
    if (source.size > MAX_TEXT_BYTES)
      return context.unparsed('the text is too large to be looked at as a whole');
    if (!context.spend(source.size * 4)) return;
    const name = context.location.slice(context.location.lastIndexOf('/') + 1);
    if (source.size >= STREAM_FROM && scanStream(source, name, context)) return;
    const text = readText(source);
    if (text === undefined) return context.unparsed('it starts as text and goes on as something else');
    findSecrets(text, name, context);
    findDependencySources(text, name, context);
    scanKind(text, name, context);
  },
};

const mayBeJson = (text: string, name: string): boolean =>
  /\.(?:json|ipynb|webmanifest|jsonc)$/i.test(name) || /^\uFEFF?\s*[{[]/.test(text);
const isJinja = (name: string): boolean => /\.(?:jinja2?|j2)$/i.test(name);
const isGraph = (text: string, name: string): boolean =>
  /\.pbtxt$/i.test(name) || /^[ \t]*node[ \t]*\{/m.test(text);

/** True for what is read as a whole: it is more than text by its beginning or name. */
const isSpecial = (text: string, name: string): boolean =>
  isGraph(text, name) ||
  looksLikeMarkup(text, name) ||
  looksLikeYaml(text, name) ||
  looksLikeJavaScript(text, name) ||
  looksLikeShell(text, name) ||
  looksLikePython(text, name);

/** Without a telling name, a tag that constructs objects is meant for a YAML reader. */
const hasConstructor = (text: string): boolean => /!!python\/|^%TAG /m.test(text);

/**
 * Texts of many megabytes are vocabularies, word lists and data sets nearly always: they are looked at as they stream
 * by. What is of another kind is left for {@link readText}.
 *
 * @returns False where nothing was reported, and the text must be read as a whole.
 */
function scanStream(source: ByteSource, name: string, context: ScanContext): boolean {
  if (listsDependencies(name) || isJinja(name)) return false;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const secrets = new SecretSearch(name);
  let json: JsonReducer | undefined;
  let line = '';
  for (let at = 0; at < source.size; ) {
    const bytes = source.read(at, Math.min(PIECE_BYTES, source.size - at));
    if (bytes.length === 0) return false;
    const first = at === 0;
    at += bytes.length;
    const last = at >= source.size;
    let text: string;
    try {
      text = decoder.decode(bytes, { stream: !last });
    } catch {
      return false;
    }
    if (isBinary(text)) return false;
    if (first && mayBeJson(text, name)) json = new JsonReducer(TELLING, WHOLE);
    if (json ? !json.push(bytes) : !PROSE.test(name)) {
      if (json || (first && isSpecial(text, name)) || line.length > MAX_LINE) return false;
      // From the beginning of a line on, as patterns for lines want it.
      const lines = line + text;
      if (isGraph(lines, name) || hasConstructor(lines)) return false;
      line = lines.slice(lines.lastIndexOf('\n') + 1);
    }
    secrets.push(text, last);
  }
  const reduced = json?.end();
  if (json && !reduced) return false;
  secrets.report(context);
  const documents = reduced?.documents.map((text) => JSON.parse(text) as Json) ?? [];
  if (reduced?.lines) {
    context.recognised('json');
    for (const document of documents) scanConfig(document, context);
  } else for (const document of documents) scanJson(document, context);
  return true;
}

function scanKind(text: string, name: string, context: ScanContext): void {
  if (mayBeJson(text, name)) {
    const document = parseJson(text);
    if (document !== undefined) {
      scanJson(document, context);
      return;
    }
    if (scanJsonLines(text, context)) return;
    if (/\.(?:json|ipynb)$/i.test(name)) {
      context.unparsed('it is not valid JSON');
      return;
    }
  }
  if (isJinja(name)) {
    context.recognised('jinja');
    scanJinja(text, context, name);
    return;
  }
  if (PROSE.test(name)) return;
  if (isGraph(text, name)) {
    scanGraphText(text, context);
    return;
  }
  if (looksLikeMarkup(text, name)) {
    scanMarkup(text, name, context);
    return;
  }
  if (looksLikeYaml(text, name)) {
    scanYaml(text, context);
    return;
  }
  if (looksLikeJavaScript(text, name)) {
    scanJavaScript(text, context);
    return;
  }
  if (looksLikeShell(text, name)) {
    context.report('CODE-SHELL', 'it is a script');
    return;
  }
  if (looksLikePython(text, name)) {
    scanPython(text, context);
    return;
  }
  if (hasConstructor(text)) scanYaml(text, context);
}

function scanJson(document: Json, context: ScanContext): void {
  context.recognised('json');
  if (isNotebook(document)) {
    scanNotebook(document, context);
    return;
  }
  if (isKerasConfig(document)) scanKeras(document, context);
  scanConfig(document, context);
  for (const path of weightFiles(document)) context.sidecar(path);
}

/** Files of weights that a TensorFlow.js model lists. */
function weightFiles(document: Json): string[] {
  const manifest =
    isObject(document) && Array.isArray(document.weightsManifest) ? document.weightsManifest : [];
  const paths = manifest.flatMap((group) =>
    isObject(group) && Array.isArray(group.paths) ? group.paths : [],
  );
  return paths.map(textOf).filter((path) => path !== '' && !leavesFolder(path));
}

/** One document per line, as data sets and logs have it. */
function scanJsonLines(text: string, context: ScanContext): boolean {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length < 2) return false;
  const documents = lines.map((line) => parseJson(line));
  if (documents.some((d) => d === undefined)) return false;
  context.recognised('json');
  for (const document of documents) if (document !== undefined) scanConfig(document, context);
  return true;
}
