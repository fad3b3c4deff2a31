import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { VARIABLES, type Variable } from '../../commands/options/environment.js';
import { encodePem } from '../../core/pem.js';
import { type CliResult, cli } from '../support/cli.js';
import { everyCommandPath } from '../support/command-paths.js';
import { testKey } from '../support/pki.js';
import { publisher, writeModel } from '../support/signed-model.js';
import { needAll } from '../support/slow.js';
import { useTemp } from '../support/temp.js';

type Name = keyof typeof VARIABLES;
type Env = Record<string, string>;

const KEY = 'a shared secret';
const pub = publisher();

describe('environment variables', () => {
  before(function () {
    needAll(this);
  });

  const temp = useTemp();
  let root: string;
  let key: string;
  let file: string;
  let store: string;
  let signed: string;
  beforeEach(async () => {
    root = join(temp(), 'root.pem');
    key = join(temp(), 'key.pem');
    store = join(temp(), 'store');
    file = join(store, 'm.bin');
    writeFileSync(root, pub.root.pem);
    writeFileSync(
      key,
      encodePem('PRIVATE KEY', testKey().privateKey.export({ type: 'pkcs8', format: 'der' })),
    );
    mkdirSync(store);
    writeFileSync(file, 'x');
    signed = writeModel(join(temp(), 'signed'));
    await pub.sign(signed);
  });

  const code = ({ stdout }: CliResult): string => {
    const report = JSON.parse(stdout);
    const errors = [report, ...(report.models ?? [])].flatMap((r) => r.errors ?? []);
    const problems = (report.folders ?? []).flatMap((f: { problem: unknown }) => f.problem ?? []);
    return report.error?.code ?? [...errors, ...problems][0]?.code ?? 'accepted';
  };
  const trust = (): string[] => ['--trust-root', root, '--at', '2026-06-01', '--revocation', 'off'];
  /** A command line of each command that the variables of records configure, about the same file. */
  const RECORDS: Readonly<Record<string, () => string[]>> = {
    'metadata verify': () => ['metadata', 'verify', file],
    'metadata write': () => ['metadata', 'write', file, '--force'],
    migrate: () => ['migrate', store],
    check: () => ['check', store, '--records', '--allow-unsigned', '--allow-unparsed', ...trust()],
    watch: () => ['watch', store, '--records', '--allow-unsigned', '--allow-unparsed', ...trust()],
    verify: () => ['verify', signed, ...trust()],
    load: () => ['load', signed, ...trust()],
  };
  const run = async (args: readonly string[], env: Env = {}): Promise<string> =>
    args[0] === 'watch' ? watched(args, env) : code(await cli([...args, '--json'], env));
  /** `watch` runs until it is told to end: the code of its first model, or what its first pass ended with. */
  const watched = async (args: readonly string[], env: Env): Promise<string> => {
    const more = ['--json', '--interval', '3600', '--settle', '1'];
    const pending = cli([...args, ...more], env);
    setTimeout(() => process.emit('SIGTERM'), 300);
    const { stdout, stderr } = await pending;
    const [line] = stderr.split('\n').filter((text) => text.startsWith('{'));
    if (line !== undefined)
      return JSON.parse(line).codes.find((c: string) => c.startsWith('ERR')) ?? 'accepted';
    const known = [
      ['ERR_STORAGE_UNTRUSTED', 'outside'],
      ['ERR_USAGE', 'nothing would be verified'],
      ['ERR_RECORD_KEY_MISSING', 'MODEL_SIGNATURE_KEY'],
    ].find(([, says]) => stderr.includes(says as string));
    return known?.[0] ?? JSON.parse(stdout || '{}').error?.code ?? stderr;
  };
  /** Writes the record of the file. */
  const record = async (...more: string[]): Promise<void> => {
    const { stdout } = await cli(['metadata', 'write', file, '--force', '--json', ...more], {
      MODEL_SIGNATURE_KEY: KEY,
    });
    expect(JSON.parse(stdout)).to.have.property('record');
  };

  /** What each variable does to each of its commands, and its option likewise. */
  const PROBES: { readonly [N in Name]: (command: string) => Promise<void> } = {
    MODEL_TRUSTED_PATHS: async (command) => {
      await record();
      const args = (RECORDS[command] as () => string[])();
      const elsewhere = join(temp(), 'elsewhere');
      mkdirSync(elsewhere);
      symlinkSync(store, join(elsewhere, 'link'));
      const here = temp();
      const outcomes = async (how: (paths: string[]) => Promise<string>) => [
        await how([elsewhere]),
        await how([elsewhere, here]),
      ];
      const option = await outcomes((paths) =>
        run([...args, ...paths.flatMap((p) => ['--trusted-path', p])]),
      );
      const variable = await outcomes((paths) => run(args, { MODEL_TRUSTED_PATHS: paths.join(', ') }));
      expect(option).to.deep.equal(['ERR_STORAGE_UNTRUSTED', 'accepted']);
      expect(variable).to.deep.equal(option);
      // The option wins.
      expect(await run([...args, '--trusted-path', here], { MODEL_TRUSTED_PATHS: elsewhere })).to.equal(
        'accepted',
      );
      expect(await run([...args, '--trusted-path', elsewhere], { MODEL_TRUSTED_PATHS: here })).to.equal(
        'ERR_STORAGE_UNTRUSTED',
      );
    },
    MODEL_VERIFY_CHECKSUM: async (command) => {
      await record();
      const args = (RECORDS[command] as () => string[])();
      const outcomes = [
        await run(args, { MODEL_VERIFY_CHECKSUM: 'true' }),
        // Nothing is left to be verified: that is said, not done.
        await run(args, { MODEL_VERIFY_CHECKSUM: 'false' }),
      ];
      expect(outcomes).to.deep.equal(['accepted', 'ERR_USAGE']);
      expect([
        await run([...args, '--record-checksum'], { MODEL_VERIFY_CHECKSUM: 'false' }),
        await run([...args, '--no-record-checksum'], { MODEL_VERIFY_CHECKSUM: 'true' }),
      ]).to.deep.equal(outcomes);
    },
    MODEL_VERIFY_SIGNATURE: async (command) => {
      await record();
      const args = (RECORDS[command] as () => string[])();
      // The record has no HMAC; a writer without a key cannot make one.
      const keyed = command === 'metadata write' ? {} : { MODEL_SIGNATURE_KEY: KEY };
      const missing = command === 'metadata write' ? 'ERR_RECORD_KEY_MISSING' : 'ERR_RECORD_FIELD_MISSING';
      expect(await run(args, { ...keyed, MODEL_VERIFY_SIGNATURE: 'true' })).to.equal(missing);
      expect(await run([...args, '--record-hmac'], keyed)).to.equal(missing);
      expect(await run([...args, '--no-record-hmac'], { ...keyed, MODEL_VERIFY_SIGNATURE: '1' })).to.equal(
        'accepted',
      );
      expect(await run(args, { ...keyed, MODEL_VERIFY_SIGNATURE: '0' })).to.equal('accepted');
    },
    MODEL_SIGNATURE_KEY: async (command) => {
      await record('--record-hmac');
      const args = [...(RECORDS[command] as () => string[])(), '--record-hmac'];
      expect(await run(args)).to.equal('ERR_RECORD_KEY_MISSING');
      expect(await run(args, { MODEL_SIGNATURE_KEY: KEY })).to.equal('accepted');
      if (command === 'metadata write') return;
      expect(await run(args, { MODEL_SIGNATURE_KEY: 'another' })).to.equal('ERR_RECORD_SIGNATURE');
    },
    // Where the log takes no entry nothing of the command runs: so each can be asked without consequences.
    MODELSEAL_AUDIT_LOG: async (command) => {
      const words = [...(await lineOf(command)), '--audit-required', '--json'];
      const named = async (args: readonly string[], env: Env): Promise<string> =>
        JSON.parse((await cli([...words, ...args], env)).stdout).error?.details.file;
      expect(await named(['--audit-log', nowhere('option')], {}), command).to.equal(nowhere('option'));
      expect(await named([], { MODELSEAL_AUDIT_LOG: nowhere('variable') }), command).to.equal(
        nowhere('variable'),
      );
    },
    MODELSEAL_AUDIT_REQUIRED: async (command) => {
      const words = [...(await lineOf(command)), '--audit-log', nowhere('log'), '--json'];
      for (const [args, env] of [
        [['--audit-required'], {}],
        [[], { MODELSEAL_AUDIT_REQUIRED: '1' }],
        [['--auditRequired'], { MODELSEAL_AUDIT_REQUIRED: 'false' }],
      ] as const) {
        const refused = await cli([...words, ...args], env);
        expect([refused.code, code(refused)], command).to.deep.equal([1, 'ERR_AUDIT_REQUIRED']);
      }
    },
    HF_HUB_CACHE: (command) => looksIn(command, 'HF_HUB_CACHE'),
    HUGGINGFACE_HUB_CACHE: (command) => looksIn(command, 'HUGGINGFACE_HUB_CACHE'),
    HF_HOME: (command) => looksIn(command, 'HF_HOME', 'hub'),
    XDG_CACHE_HOME: (command) => looksIn(command, 'XDG_CACHE_HOME', 'huggingface', 'hub'),
    MODELSEAL_LOG_FILE: async () => {
      const at = (name: string): string => join(temp(), name);
      await refusal({}, '--log-file', at('option'));
      await refusal({ MODELSEAL_LOG_FILE: at('variable') });
      const [option, variable] = ['option', 'variable'].map((name) => {
        const { time: _, ...rest } = JSON.parse(readFileSync(at(name), 'utf8'));
        return rest;
      });
      expect(option).to.include({ event: 'refuse', outcome: 'refused' });
      expect(variable).to.deep.equal(option);
    },
    MODELSEAL_WEBHOOK: async () => {
      expect(await posted({})).to.have.length(1);
    },
    MODELSEAL_WEBHOOK_SECRET: async () => {
      const [with_] = await posted({ MODELSEAL_WEBHOOK_SECRET: 's' });
      expect(with_).to.match(/^sha256=/);
      expect(await posted({})).to.deep.equal([undefined]);
    },
    MODELSEAL_ON_REFUSAL: async () => {
      const [program, out] = [join(temp(), 'alarm'), join(temp(), 'alarm.json')];
      writeFileSync(program, `#!/bin/sh\ncat > '${out}'\n`, { mode: 0o755 });
      await refusal({ MODELSEAL_ON_REFUSAL: program });
      expect(JSON.parse(readFileSync(out, 'utf8'))).to.include({ event: 'refuse' });
    },
    MODELSEAL_OTEL: async () => {
      // The spans themselves are tested with telemetry; here, that the variable is read and closed.
      expect((await refusal({ MODELSEAL_OTEL: '1' })).code).to.equal(1);
      expect(await run(['digest', signed], { MODELSEAL_OTEL: 'yes' })).to.equal('ERR_USAGE');
    },
    MODELSEAL_DEBUG: async () => {
      const args = ['verify', signed, '--trust-root', temp()];
      writeFileSync(join(temp(), 'bad.pem'), encodePem('CERTIFICATE', Buffer.of(0x30, 0)));
      const args2 = [...args.slice(0, 3), join(temp(), 'bad.pem')];
      expect((await cli(args2)).stderr).not.to.match(/^ +at /m);
      expect((await cli(args2, { MODELSEAL_DEBUG: '1' })).stderr).to.match(/^ +at /m);
    },
    MODELSEAL_TRUST_STORE: async (command) => {
      const folder = join(temp(), 'trust');
      const add = (name: string, env: Env, ...more: string[]) =>
        cli(['trust', 'add', name, root, '--json', ...more], env);
      await add('acme', {}, '--trust-store', folder);
      const later = ['--at', '2026-06-01', '--revocation', 'off'];
      const words: Readonly<Record<string, () => string[]>> = {
        verify: () => ['verify', signed, ...later],
        load: () => ['load', signed, ...later],
        stage: () => ['stage', signed, join(temp(), `staged-${randomUUID()}`), ...later],
        exec: () => ['exec', signed, ...later, '--', 'true'],
        check: () => ['check', signed, ...later],
        watch: () => ['watch', signed, ...later],
        // Nobody listens there: whom to trust is asked first.
        pull: () => [
          'pull',
          'oci://localhost:9/acme/tiny:v1',
          join(temp(), `pulled-${randomUUID()}`),
          ...later,
        ],
        'evidence pack': () => [
          'evidence',
          'pack',
          signed,
          '--out',
          join(temp(), `${randomUUID()}.json`),
          ...later,
        ],
        lineage: () => ['lineage', signed, ...later],
        'quarantine restore': () => ['quarantine', 'restore', 'none', ...later],
        'trust add': () => ['trust', 'add', 'other', root],
        'trust list': () => ['trust', 'list'],
        'trust show': () => ['trust', 'show', 'acme'],
        'trust remove': () => ['trust', 'remove', 'acme'],
        'trust refresh': () => ['trust', 'refresh', 'acme'],
      };
      const args = words[command] as () => string[];
      /** What it says of the store, or whether it has got beyond the question whom to trust. */
      const outcome = async (env: Env, ...more: string[]): Promise<string> => {
        if (command === 'watch') return watched([...args(), ...more], env);
        // What stands behind -- is the program's.
        const all = args();
        const cut = all.includes('--') ? all.indexOf('--') : all.length;
        const { stdout } = await cli([...all.slice(0, cut), ...more, '--json', ...all.slice(cut)], env);
        return stdout.includes('ERR_TRUST_STORE_EMPTY') || stdout.includes('ERR_TRUST_UNKNOWN')
          ? 'empty'
          : (JSON.parse(stdout || '{}').store ?? 'trusted');
      };
      const empty = join(temp(), 'empty');
      const found = await outcome({ MODELSEAL_TRUST_STORE: folder });
      await add('acme', {}, '--trust-store', folder);
      await cli(['trust', 'remove', 'other', '--trust-store', folder]);
      expect(await outcome({ MODELSEAL_TRUST_STORE: empty }, '--trust-store', folder), command).to.equal(
        found,
      );
      const elsewhere = await outcome({ MODELSEAL_TRUST_STORE: empty });
      if (command === 'watch' || command === 'quarantine restore') expect(elsewhere).to.be.a('string');
      else expect(elsewhere).not.to.equal(found);
    },
    MODELSEAL_POLICY: async (command) => {
      const [bad, good] = [join(temp(), 'bad.yaml'), join(temp(), 'good.yaml')];
      writeFileSync(bad, 'version: 2\n');
      writeFileSync(good, 'version: 1\n');
      const trust = ['--trust-root', root, '--at', '2026-06-01', '--revocation', 'off'];
      const words: Readonly<Record<string, readonly string[]>> = {
        stage: ['stage', signed, join(temp(), `staged-${randomUUID()}`), ...trust],
        exec: ['exec', signed, ...trust],
        pull: ['pull', 'oci://localhost:9/acme/tiny:v1', join(temp(), `pulled-${randomUUID()}`), ...trust],
        'evidence pack': [
          'evidence',
          'pack',
          signed,
          '--out',
          join(temp(), `${randomUUID()}.json`),
          ...trust,
        ],
        lineage: ['lineage', signed, ...trust],
        run: ['run', join(signed, 'main.js'), '--signed', signed, ...trust],
        'quarantine restore': ['quarantine', 'restore', 'none', ...trust],
        'policy explain': ['policy', 'explain', signed],
      };
      const args = words[command] ?? [command, signed, ...trust];
      const invalid = async (env: Env, ...more: string[]): Promise<boolean> => {
        if (command === 'watch') return (await watched([...args, ...more], env)).includes('POLICY_INVALID');
        const program = command === 'exec' ? ['--', 'true'] : [];
        return (await cli([...args, ...more, '--json', ...program], env)).stdout.includes('POLICY_INVALID');
      };
      expect(await invalid({ MODELSEAL_POLICY: bad }), command).to.equal(await invalid({}, '--policy', bad));
      expect(await invalid({ MODELSEAL_POLICY: bad }, '--policy', good), command).to.equal(false);
    },
    NO_COLOR: async () => {
      // Colour is for terminals; a pseudo-terminal makes one of the child's output.
      const shown = (extra: string, env: Env): string =>
        spawnSync(
          'script',
          ['-qec', `node dist/bin/modelseal.cjs verify /none --trust-root /none ${extra}`, '/dev/null'],
          {
            encoding: 'utf8',
            env: { PATH: process.env.PATH, TERM: 'xterm', MODELSEAL_CODE_CACHE: 'off', ...env },
          },
        ).stdout ?? '';
      if (!shown('', {}).includes('ERR_')) return;
      expect(shown('', {})).to.include('\u001b[3');
      expect(shown('--no-color', {})).not.to.include('\u001b[3');
      expect(shown('', { NO_COLOR: '1' })).not.to.include('\u001b[3');
    },
  };

  /** Where a command looks for a model of the hub that is not there. */
  const looksIn = async (command: string, name: Name, ...below: string[]): Promise<void> => {
    const more: Readonly<Record<string, readonly string[]>> = {
      sign: ['--private-key', key],
      convert: ['--to', 'safetensors', '--out', join(temp(), 'out')],
    };
    const words = [command, 'hf://org/name', ...(more[command] ?? []), '--json'];
    const { stdout } = await cli(words, { [name]: join(temp(), 'cache') });
    const { error } = JSON.parse(stdout);
    expect([error?.code, error?.details.cache], stdout).to.deep.equal([
      'ERR_HUB_NOT_CACHED',
      join(temp(), 'cache', ...below),
    ]);
  };
  const refusal = (env: Env, ...args: string[]) => {
    writeFileSync(join(signed, 'added'), 'x');
    return cli(['verify', signed, ...trust(), ...args], env);
  };
  const posted = async (env: Env): Promise<(string | undefined)[]> => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers['x-modelseal-signature'] as string | undefined);
      request.resume().on('end', () => response.end());
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    await refusal({ ...env, MODELSEAL_WEBHOOK: `http://127.0.0.1:${port}/` });
    await new Promise((done) => server.close(done));
    return seen;
  };
  /** A file that nobody can make, not even root: below another file. */
  const nowhere = (name: string): string => join(root, name);
  /** Words that the checks of a command let pass: what it says that it misses, added until it misses nothing. */
  const lineOf = async (command: string): Promise<string[]> => {
    let words = [...command.split(' '), ...(CHOICES[command] ?? [])];
    for (let i = 0; i < 4; i++) {
      const { stdout } = await cli([...words, '--json', '--audit-required', '--audit-log', nowhere('log')]);
      const { error } = JSON.parse(stdout);
      if (error?.code !== 'ERR_USAGE') return words;
      const { problem } = error.details;
      const missing = /^Missing required arguments?: (.*)$/.exec(problem)?.[1]?.split(', ');
      const positional = /^Not enough non-option arguments: got \d, need at least (\d)$/.exec(problem);
      if (!missing && !positional) throw new Error(`${words.join(' ')}: ${problem}`);
      words = [...words, ...(missing ? missing.flatMap((name) => [`--${name}`, 'none']) : ['none'])];
    }
    throw new Error(`${command} always misses something`);
  };

  /** Commands that speak of what leaves the machine do so through one door, whatever the command: one is enough. */
  const ONE_DOOR: ReadonlySet<string> = new Set([
    'MODELSEAL_LOG_FILE',
    'MODELSEAL_WEBHOOK',
    'MODELSEAL_WEBHOOK_SECRET',
    'MODELSEAL_ON_REFUSAL',
    'MODELSEAL_OTEL',
    'MODELSEAL_DEBUG',
    'NO_COLOR',
  ]);

  for (const [name, variable] of Object.entries(VARIABLES) as [Name, Variable][]) {
    const commands = variable.commands === 'all' ? ['all'] : variable.commands;
    for (const command of commands) {
      it(`${name} has the effect of ${variable.option ?? 'what the table says'}: ${command}`, async function () {
        this.timeout(60_000);
        if (command !== 'all' || ONE_DOOR.has(name)) return PROBES[name](command);
        const paths = await everyCommandPath();
        expect(paths).to.include.members(['ca init', 'sign', 'verify', 'metadata write', 'completion']);
        for (const path of paths) await PROBES[name](path);
      });
    }
  }

  it('are closed: a value of another kind is a wrong call', async () => {
    for (const [name, args] of [
      ['MODEL_VERIFY_CHECKSUM', RECORDS['metadata verify']],
      ['MODEL_VERIFY_SIGNATURE', RECORDS['metadata verify']],
      ['MODEL_TRUSTED_PATHS', RECORDS.verify],
      ['MODELSEAL_AUDIT_REQUIRED', RECORDS.verify],
    ] as const) {
      await record();
      expect(await run((args as () => string[])(), { [name]: ',' }), name).to.equal('ERR_USAGE');
      expect(await run((args as () => string[])(), { [name]: '' }), name).to.equal('accepted');
    }
    expect(
      await run([...(RECORDS.check as () => string[])().filter((w) => w !== '--records'), '--record-hmac']),
    ).to.equal('ERR_USAGE');
  });

  it('a link inside a trusted folder leads out of it, for one model of many', async () => {
    const folder = join(temp(), 'trusted');
    mkdirSync(folder);
    symlinkSync(signed, join(folder, 'm'));
    const args = ['check', folder, ...trust()];
    expect(await run(args)).not.to.equal('ERR_STORAGE_UNTRUSTED');
    expect(await run([...args, '--trusted-path', folder])).to.equal('ERR_STORAGE_UNTRUSTED');
  });

  it('that the table ties to an option are those of the commands that have it', async () => {
    for (const path of await everyCommandPath()) {
      const { stdout } = await cli([...path.split(' '), '--help']);
      for (const [name, { option, commands }] of Object.entries(VARIABLES) as [Name, Variable][]) {
        if (option === undefined || option === '--no-color') continue;
        const listed = commands === 'all' || commands.includes(path);
        expect(new RegExp(`${option}(?![\\w-])`).test(stdout), `${name} ${path}`).to.equal(listed);
      }
    }
  });

  it('that the source reads stand in the table', () => {
    const project = fileURLToPath(new URL('../../', import.meta.url));
    const names = new Set<string>();
    for (const folder of ['ca', 'commands', 'core', 'scanner', 'signer', '.']) {
      const files = readdirSync(join(project, folder), { recursive: folder !== '.', encoding: 'utf8' });
      for (const name of files.filter((entry) => entry.endsWith('.ts'))) {
        const text = readFileSync(join(project, folder, name), 'utf8');
        for (const [, found] of text.matchAll(/\benv\.([A-Z_]+)\b/g)) names.add(String(found));
        for (const [, found] of text.matchAll(
          /\{ ([A-Z_]{3,}(?:, [A-Z_]{3,})*) \}(?:: Environment| = env;)/g,
        ))
          for (const each of String(found).split(', ')) names.add(each);
        for (const [, found] of text.matchAll(/Variable\(env, '([A-Z_]+)'\)/g)) names.add(String(found));
      }
    }
    // What every program on the machine respects.
    const common = ['TERM', 'HOME', 'USERPROFILE', 'APPDATA', 'XDG_CONFIG_HOME'];
    expect(
      [...names].filter((name) => !Object.hasOwn(VARIABLES, name) && !common.includes(name)),
    ).to.deep.equal([]);
    expect(Object.keys(VARIABLES).filter((name) => !names.has(name))).to.deep.equal([]);
  });
});

/** Arguments that are one of a few. */
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  attest: ['--type', 'model-card'],
  completion: ['bash'],
};
