import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

const FOLDER = fileURLToPath(new URL('../../docs/schemas/', import.meta.url));
const ajv = new Ajv2020({ strictTypes: false, allErrors: true, formats: { 'date-time': true } });
const known = new Map<string, ValidateFunction | undefined>();

export const schemaFile = (name: string): string => `${FOLDER}${name}.v1.json`;

function validator(name: string): ValidateFunction | undefined {
  if (!known.has(name)) {
    const file = schemaFile(name);
    known.set(name, existsSync(file) ? ajv.compile(JSON.parse(readFileSync(file, 'utf8'))) : undefined);
  }
  return known.get(name);
}

/**
 * Checks a document of `--json` against its published schema.
 *
 * @throws {Error} When it names no schema, one that is not published, or differs from it.
 */
export function checkDocument(text: string): void {
  const document = JSON.parse(text) as { schema?: unknown };
  const [, name] = /^modelseal\/([a-z-]+)\/v1$/.exec(String(document.schema)) ?? [];
  if (name === undefined) throw new Error(`a document without a schema: ${text.slice(0, 200)}`);
  const validate = validator(name);
  if (validate === undefined) throw new Error(`docs/schemas/${name}.v1.json is not there`);
  if (!validate(document))
    throw new Error(`not as docs/schemas/${name}.v1.json says: ${ajv.errorsText(validate.errors)}`);
}
