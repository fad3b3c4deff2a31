import type { ScanContext } from '../types.js';
import { without } from './strip.js';

export function looksLikeMarkup(text: string, name: string): boolean {
  return (
    /^\uFEFF?\s*<(?:\?xml|!DOCTYPE|[A-Za-z][\w:.-]*[\s/>])/i.test(text) ||
    /\.(?:xml|pmml|svg|html?|xhtml)$/i.test(name)
  );
}

/** XML and HTML: entities and scripts. Nothing is resolved. */
export function scanMarkup(text: string, name: string, context: ScanContext): void {
  context.recognised('markup');
  const bare = without(text, '<!--', '-->');
  // OpenVINO: the graph as XML, the weights under the same name.
  if (/^\s*(?:<\?xml[^>]*\?>\s*)?<net\b/.test(text)) context.sidecar(name.replace(/\.xml$/i, '.bin'));
  if (/<!ENTITY\b/i.test(bare)) context.report('XML-ENTITY', 'it declares entities');
  else if (/<!DOCTYPE[^<>[]*\b(?:SYSTEM|PUBLIC)\b/i.test(bare) && !/<!DOCTYPE\s+(?:html|svg)\b/i.test(bare)) {
    context.report('XML-ENTITY', 'it names an external document type');
  }
  if (/<(?:xi:)?include\b[^<>]*\bhref\s*=/i.test(bare) && /XInclude/.test(bare)) {
    context.report('XML-ENTITY', 'it includes another document');
  }
  if (
    /<script\b|<iframe\b|\bjavascript:|<[^<>]{1,4000}?\son(?:load|error|click|mouseover)\s*=|<\?xml-stylesheet\b/i.test(
      bare,
    )
  ) {
    context.report('XML-SCRIPT', `${name || 'it'} carries a script`);
  }
}
