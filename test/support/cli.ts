import { Writable } from 'node:stream';
import { main } from '../../cli.js';
import { checkDocument } from './schemas.js';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

class Sink extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Runs the command line in this process, as a user would type it, without a terminal. */
export async function cli(args: readonly string[], env: Record<string, string> = {}): Promise<CliResult> {
  const stdout = new Sink();
  const stderr = new Sink();
  const code = await main(args, { stdout, stderr }, env);
  if (stdout.text.startsWith('{"schema"')) checkDocument(stdout.text);
  return { code, stdout: stdout.text, stderr: stderr.text };
}
