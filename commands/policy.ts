import { ModelsealError } from '../core/errors/index.js';
import { textVariable } from './options/environment.js';
import { referenceOf } from './options/locate.js';
import { needed, text } from './options/table.js';
import { MODEL } from './options/verification.js';
import { type Command, command, group, printable } from './terminal/index.js';

/** `modelseal policy init|check|explain` */
const policy: Command = (context) =>
  command({
    command: 'policy',
    describe: 'The trust policy file: init, check, explain',
    builder: (yargs) =>
      group(yargs, context, [init, check, explain]).example(
        '$0 policy init --profile production',
        'to begin with',
      ),
    handler: () => {},
  });

export default policy;

const init: Command = (context) =>
  command({
    command: 'init [file]',
    describe: 'Write a policy to begin with; replaces nothing',
    builder: (yargs) =>
      yargs
        .positional('file', { type: 'string', default: 'modelseal.policy.yaml', describe: 'File to write' })
        .options({
          profile: {
            choices: ['development', 'staging', 'production'],
            default: 'production',
            describe: 'How much is enforced',
          },
        } as const)
        .example('$0 policy init --profile staging', 'write modelseal.policy.yaml'),
    handler: async ({ file, profile }) => {
      const [{ PROFILES }, { writeAtomic }] = await Promise.all([
        import('../loader/policy/profiles.js'),
        import('../core/files.js'),
      ]);
      writeAtomic(file, PROFILES[profile]);
      context.output.result({ policy: file, profile }, `wrote ${printable(file)}, profile ${profile}`);
    },
  });

const check: Command = (context) =>
  command({
    command: 'check <file>',
    describe: 'Read a policy as verify would, and say what it has',
    builder: (yargs) =>
      yargs
        .positional('file', needed(text('Trust policy, YAML or JSON')))
        .example('$0 policy check modelseal.policy.yaml', 'errors come with line and column'),
    handler: async ({ file }) => {
      const { readPolicy, scopeSentence } = await import('../loader/policy/index.js');
      const { rules, audited } = readPolicy(file);
      const listed = rules.flat().map(({ name, scope, audited: own }) => ({
        name,
        scope: scopeSentence(scope),
        notEnforced: own.map((one) => one.check),
      }));
      const notEnforced = audited.map((one) => one.check);
      context.output.result({ policy: file, rules: listed, notEnforced }, () =>
        [
          `${printable(file)} is a valid trust policy`,
          ...listed.map(({ name, scope }) => `  ${printable(name)}: ${printable(scope)}`),
          ...(notEnforced.length > 0 ? [`  reported, not enforced: ${notEnforced.join(', ')}`] : []),
        ].join('\n'),
      );
    },
  });

const explain: Command = (context) =>
  command({
    command: 'explain <model>',
    describe: 'Which rule a model is judged by, and what is demanded of it; verifies nothing',
    builder: (yargs) =>
      yargs
        .positional('model', MODEL)
        .options({ policy: text('Trust policy, YAML or JSON'), signature: text('Signature file') })
        .example('$0 policy explain ./model --policy modelseal.policy.yaml', 'before verifying'),
    handler: async (argv) => {
      const file = argv.policy ?? textVariable(context.env, 'MODELSEAL_POLICY');
      if (file === undefined)
        throw new ModelsealError('ERR_USAGE', { problem: 'name the policy with --policy' });
      const [{ readPolicy }, { explainPolicy }] = await Promise.all([
        import('../loader/policy/index.js'),
        import('../loader/pipeline/policy-choice.js'),
      ]);
      const found = explainPolicy(argv.model, readPolicy(file), argv.signature, referenceOf(argv));
      context.output.result({ policy: file, ...found }, () =>
        [
          `${printable(found.model)} (claimed, not verified) is judged by ${printable(found.rule ?? 'the whole policy')}`,
          // JSON has no undefined: what is not demanded is not said, there or here.
          ...Object.entries(found.demands)
            .filter(([, value]) => value !== undefined)
            .map(([name, value]) => `  ${name}: ${printable(JSON.stringify(value))}`),
          ...found.notEnforced.map(
            ({ check: name, demands }) =>
              `  reported, not enforced (${name}): ${printable(JSON.stringify(demands))}`,
          ),
        ].join('\n'),
      );
    },
  });
