import type { Argv, CommandModule } from 'yargs';
import type { AuditAct, AuditData, AuditEvent } from '../../core/audit/index.js';
import type { ErrorKind } from '../../core/errors/index.js';
import type { StepObserver } from '../../core/report/index.js';
import type { Output } from './output.js';

/** What a command gets from `cli.ts`; nothing in a command reads the process itself. */
export interface CommandContext {
  readonly output: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The clock of the command line: the only place where "now" comes from. */
  readonly now: () => Date;
  /**
   * Says how the command ended when its report has already been printed. `cli.ts` turns it into the exit code.
   * A command that has printed nothing throws instead.
   */
  readonly finish: (outcome: 'accepted' | ErrorKind) => void;
  /** The exit code of another program, where running it was the command. */
  readonly passOn: (status: number) => void;
  /** Records an event (audit log, structured log, webhook, OpenTelemetry) where one of them is configured. */
  readonly record: (event: AuditEvent, outcome: 'accepted' | ErrorKind, data: AuditData) => Promise<void>;
  /**
   * Does what must not happen unrecorded: the intent is in the audit log before, the outcome after it. Where the log
   * does not take the intent, nothing is done.
   */
  readonly act: <T extends { readonly record: AuditData }>(
    act: AuditAct,
    work: () => Promise<T>,
  ) => Promise<T>;
  /** Watches the steps of a pipeline, where OpenTelemetry is configured; give it to the ReportBuilder. */
  readonly observer: StepObserver | undefined;
}

/**
 * A yargs command: argv in, one library call, one report out. No decision is taken in it, and the library behind it
 * is imported inside the handler, so that start-up pays only for the command that runs.
 */
export type Command = (context: CommandContext) => CommandModule;

/** Commands by name, each with its line in the help; its module is imported only when it is needed. */
export type CommandList = readonly {
  readonly name: string;
  readonly describe: string;
  readonly load: () => Promise<{ readonly default: Command }>;
}[];

/** Registers sub-commands under a parent such as `ca`. */
export function group(yargs: Argv, context: CommandContext, commands: readonly Command[]): Argv {
  for (const command of commands) {
    const { handler, ...module } = command(context);
    yargs.command({
      ...module,
      handler: (argv) => {
        const [parent] = argv._;
        context.output.resultOf(`${parent}-${String(module.command).split(' ')[0]}`);
        return handler(argv);
      },
    });
  }
  return yargs.demandCommand(1, 'Say which sub-command to run.').strict();
}

type CamelCase<S> = S extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : S;

/** Arguments as yargs hands them over: every dashed option also under its camel-case name. */
export type Arguments<O> = O & { [K in keyof O as K extends string ? CamelCase<K> : never]: O[K] };

/** Helper that keeps the option types of a builder for its handler. */
export function command<O>(definition: {
  readonly command: string;
  readonly describe: string;
  readonly builder: (yargs: Argv) => Argv<O>;
  readonly handler: (argv: Arguments<O>) => void | Promise<void>;
}): CommandModule {
  return definition as unknown as CommandModule;
}
