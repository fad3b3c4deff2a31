import type { Argv, CommandModule } from 'yargs';
import type { AuditData, AuditEvent } from '../../core/audit/index.js';
import { type Arguments, type CommandContext, command } from '../terminal/command.js';

/** What came of an act: for the audit log, for `--json`, and for people. Nothing of it is said before it is recorded. */
export interface Done {
  readonly record: AuditData;
  readonly result: object;
  readonly text: () => string;
}

/** The right to change an authority: only a recorded act has it. */
export class Act {
  readonly #recorded = true;

  private constructor() {}

  /** @internal Keeps look-alikes out at run time as well. */
  static check(value: Act): void {
    void value.#recorded;
  }

  /**
   * A command that changes something: its intent is recorded before, its outcome after it, refusals included. A plain
   * {@link command} cannot open an authority for writing.
   *
   * @param act Does it all, and prints nothing of the result itself.
   */
  static command<O>(
    context: CommandContext,
    event: AuditEvent,
    definition: {
      readonly command: string;
      readonly describe: string;
      readonly builder: (yargs: Argv) => Argv<O>;
      readonly act: (argv: Arguments<O>, act: Act) => Promise<Done>;
    },
  ): CommandModule {
    return command({
      command: definition.command,
      describe: definition.describe,
      builder: (yargs) =>
        definition.builder(yargs).option('reason-text', {
          type: 'string',
          describe: 'Why, in your words; kept in the audit log',
        }),
      handler: async (argv) => {
        const {
          reasonText: why,
          'reason-text': _why,
          ...options
        } = argv as unknown as Record<string, unknown>;
        const intent = { command: definition.command.split(' ')[0], why, options: given(options) };
        const { result, text } = await context.act({ event, intent }, () =>
          definition.act(argv as unknown as Arguments<O>, new Act()),
        );
        context.output.result(result, text);
      },
    });
  }
}

/** Options of no account here: yargs' own words, and those that every command has. */
const GENERAL = ['_', '$0', 'json', 'quiet', 'color', 'audit-log', 'audit-required', 'log-file'];

/** The options as they were typed; passphrases are never among them, only the names of their files and variables. */
function given(argv: Readonly<Record<string, unknown>>): AuditData {
  return Object.fromEntries(
    Object.entries(argv).filter(
      ([name, value]) => value !== undefined && !/[A-Z]/.test(name) && !GENERAL.includes(name),
    ),
  );
}
