import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { type CliResult, cli } from '../support/cli.js';
import { useTemp } from '../support/temp.js';
import { writeModel } from '../support/signed-model.js';

/** One authority, one developer, one signed model, all through the command line. */
describe('options of trust, the same for every command that verifies', function () {
  this.timeout(30_000);
  const temp = useTemp();
  let model: string;
  let root: string[];
  let lists: [string, string];

  const must = async (...args: string[]): Promise<CliResult> => {
    const run = await cli(args);
    expect(run.code, args.join(' ') + run.stdout + run.stderr).to.equal(0);
    return run;
  };
  beforeEach(async () => {
    const home = join(temp(), 'ca');
    const key = ['--key-type', 'ec-p256', '--no-passphrase'];
    await must('ca', 'init', '--home', home, ...key);
    const out = join(temp(), 'dev');
    await must(
      'ca',
      'issue',
      '--home',
      home,
      '--out',
      out,
      '--name',
      'Dev',
      '--email',
      'dev@example.org',
      ...key,
    );
    model = writeModel(join(temp(), 'store', 'model'));
    await must(
      'sign',
      model,
      '--private-key',
      join(out, 'key.pem'),
      '--signing-certificate',
      join(out, 'chain.pem'),
    );
    root = ['--trust-root', join(home, 'root.pem')];
    lists = [join(home, 'issuing.crl'), join(home, 'root.crl')];
  });

  const optionsOf = async (...command: string[]): Promise<string[]> => {
    const text = (await must(...command, '--help')).stdout.split('Examples:')[0] as string;
    return [...text.matchAll(/^ {2,6}(?:-h, )?--([a-z0-9-]+)/gm)].map(([, name]) => String(name));
  };

  it('are those of verify', async () => {
    // A digest cache spares hashing; whoever uses the bytes afterwards reads them all the same.
    const verify = (await optionsOf('verify')).filter((name) => !name.startsWith('digest-cache'));
    expect(verify).to.include.members(['trust-root', 'trusted-root', 'identity', 'policy', 'crl', 'fetch']);
    expect(await optionsOf('load')).to.include.members(verify);
    // What is in quarantine lies there, and nowhere else.
    const held = verify.filter((name) => name !== 'trusted-path');
    expect(await optionsOf('quarantine', 'restore')).to.include.members(held);
    // A folder of models has no one signature, and no one file to leave out.
    const single = [
      'signature',
      'evidence',
      'attestation',
      'require-attestation',
      'attester',
      'scan-version',
      'scan-max-age',
      'ignore-paths',
      'ignore-unsigned-files',
      'manifest-ignores',
      'only',
    ];
    const many = verify.filter((name) => !single.includes(name));
    for (const command of ['check', 'watch'])
      expect(await optionsOf(command), command).to.include.members(many);
  });

  it('take several lists behind one option', async () => {
    const evidence = ['--crl', ...lists, '--revocation', 'require'];
    await must('verify', model, ...root, ...evidence);
    await must('check', join(temp(), 'store'), ...root, ...evidence);
    await must('check', join(temp(), 'store'), ...evidence, ...root, '--ci', '--purpose', 'any');
    const kept = ['--quarantine', join(temp(), 'q')];
    const added = await must('quarantine', 'add', model, '--reason', 'test', ...kept, '--json');
    const { id } = JSON.parse(added.stdout) as { id: string };
    await must('quarantine', 'restore', id, ...kept, ...root, ...evidence);
    await must('verify', model, ...root, ...evidence);
    // A list that is missing is missed, so that none was passed over before.
    const short = ['--crl', lists[0], '--revocation', 'require'];
    expect((await cli(['check', join(temp(), 'store'), ...root, ...short])).code).to.equal(1);
  });

  it('take several identities, of which one must have signed', async () => {
    const who = (...names: string[]): string[] => names.flatMap((name) => ['--identity', name]);
    const commands = (identities: string[]): string[][] => [
      ['verify', model, ...root, ...identities],
      ['load', model, ...root, ...identities],
      ['check', join(temp(), 'store'), ...root, ...identities],
    ];
    const good = who('email:eve@example.org', 'email:dev@example.org', 'dns:example.org');
    const spread = ['--identity', 'email:eve@example.org', 'email:dev@example.org'];
    for (const args of [...commands(good), ...commands(spread)]) await must(...args);
    for (const args of commands(who('email:eve@example.org', 'uri:https://example.org/dev')))
      expect((await cli(args)).code, args[0]).to.equal(1);
  });

  it('give the JSON on stdout and SARIF in its file', async () => {
    const file = join(temp(), 'out.sarif');
    writeFileSync(join(model, 'config.json'), '{"changed": true}');
    const run = await cli(['check', join(temp(), 'store'), ...root, '--json', '--sarif', file]);
    expect(run.code).to.equal(1);
    expect(JSON.parse(run.stdout)).to.deep.include({ verdict: 'refused' });
    expect(JSON.parse(readFileSync(file, 'utf8'))).to.have.nested.property(
      'runs[0].results[0].ruleId',
      'ERR_FILE_CHANGED',
    );
  });
});
