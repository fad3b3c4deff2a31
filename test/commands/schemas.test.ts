import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { COMMANDS } from '../../commands/all.js';
import { type CommandContext, Output } from '../../commands/terminal/index.js';
import { wordsOf } from '../../commands/terminal/known-words.js';
import { cli } from '../support/cli.js';
import { checkDocument, schemaFile } from '../support/schemas.js';

/** These print what is not theirs, or a stream of records. */
const WITHOUT = new Set(['exec', 'ca-export']);

describe('schemas of the --json documents', () => {
  it('are published for every command', async () => {
    const output = new Output(
      { json: true, quiet: true, color: false },
      { stdout: process.stdout, stderr: process.stderr },
    );
    const context = { output, env: {}, now: () => new Date() } as unknown as CommandContext;
    const modules = await Promise.all(COMMANDS.map(async ({ load }) => (await load()).default(context)));
    const paths = wordsOf(modules).map(({ path }) => path);
    const leaves = paths.filter((path) => !paths.some((other) => other.startsWith(`${path} `)));
    const names = leaves.map((path) => path.replaceAll(' ', '-'));
    expect(names).to.include.members(['verify', 'ca-list', 'quarantine-show']);
    const missing = names.filter((name) => !WITHOUT.has(name) && !existsSync(schemaFile(name)));
    expect(missing).to.deep.equal([]);
  });

  it('are schemas, and say which document they are of', () => {
    const folder = new URL('../../docs/schemas/', import.meta.url);
    const ajv = new Ajv2020({ strictTypes: false });
    // The trust policy is read, not printed.
    for (const file of readdirSync(folder).filter((name) => name !== 'policy.v1.json')) {
      const schema = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as {
        properties: { schema: { const: string } };
      };
      expect(ajv.validateSchema(schema), file).to.equal(true);
      expect(`${schema.properties.schema.const.split('/')[1]}.v1.json`).to.equal(file);
    }
  });

  it('are what is checked in every test that runs a command with --json', async () => {
    const { stdout } = await cli(['verify', 'absent', '--json']);
    expect(JSON.parse(stdout)).to.include({ schema: 'modelseal/error/v1' });
    expect(() => checkDocument('{"schema":"modelseal/error/v1"}')).to.throw("required property 'error'");
    expect(() => checkDocument('{"schema":"modelseal/nothing/v1"}')).to.throw('is not there');
    expect(() => checkDocument('{}')).to.throw('without a schema');
  });
});
