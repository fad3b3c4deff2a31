import { leavesFolder } from '../containers/paths.js';
import type { FormatScanner, ScanContext } from '../types.js';
import { scanConfig } from './config.js';
import { decodeText, MAX_TEXT_BYTES, readText } from './decode-text.js';
import { findDependencySources } from './dependencies.js';
import { scanJinja } from './jinja.js';
import { isObject, type Json, parseJson, textOf } from './json.js';
import { isKerasConfig, scanKeras } from './keras.js';
import { looksLikeMarkup, scanMarkup } from './markup.js';
import { isNotebook, scanNotebook } from './notebook.js';
import { looksLikePython, scanPython } from './python-code.js';
import { scanGraphText } from './savedmodel.js';
import { looksLikeJavaScript, looksLikeShell, scanJavaScript } from './script-code.js';
import { findSecrets } from './secrets.js';
import { looksLikeYaml, scanYaml } from './yaml.js';

/** Names of texts for people: what they quote is not meant for any reader but them. */
const PROSE =
  /\.(?:md|markdown|rst|txt|csv|tsv|log|tex|bib)$|^(?:LICENSE|LICENCE|NOTICE|COPYING|README|AUTHORS)/i;

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
    const text = readText(source);
    if (text === undefined) return context.unparsed('it starts as text and goes on as something else');
    const name = context.location.slice(context.location.lastIndexOf('/') + 1);
    findSecrets(text, name, context);
    findDependencySources(text, name, context);
    scanKind(text, name, context);
  },
};

function scanKind(text: string, name: string, context: ScanContext): void {
  if (/\.(?:json|ipynb|webmanifest|jsonc)$/i.test(name) || /^\uFEFF?\s*[{[]/.test(text)) {
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
  if (/\.(?:jinja2?|j2)$/i.test(name)) {
    context.recognised('jinja');
    scanJinja(text, context, name);
    return;
  }
  if (PROSE.test(name)) return;
  if (/\.pbtxt$/i.test(name) || /^[ \t]*node[ \t]*\{/m.test(text)) {
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
  // Without a telling name, a tag that constructs objects is meant for a YAML reader.
  if (/!!python\/|^%TAG /m.test(text)) scanYaml(text, context);
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
