import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type GuardedRun, runGuarded } from '../../loader/guard/run.js';
import {
  type LiveModel,
  type LoadOptions,
  loadModel,
  readEvidence,
  readTrustAnchors,
} from '../../loader/index.js';
import type { Classified, ProgramInput, ProgramOutput } from '../app/program.js';
import { DOCUMENTS } from '../attack/documents.js';
import { features, type Tokenizer } from '../model/features.js';
import type { RunCommand } from './run-command.js';

/** The folder in which everything happens, and what the parts of the demonstration know of each other. */
export class World {
  readonly root: string;
  readonly now: () => Date;
  readonly run: RunCommand;
  /** The compiled guard, when it is not the one of the installed package. */
  readonly guardEntry: string | undefined;
  /** What the clean model says of the documents; everything later is compared with it. */
  expected: readonly Classified[] = [];

  constructor(root: string, now: () => Date, run: RunCommand, guardEntry?: string) {
    this.root = root;
    this.now = now;
    this.run = run;
    this.guardEntry = guardEntry;
  }

  path(...parts: string[]): string {
    return join(this.root, ...parts);
  }

  get model(): string {
    return this.path('model');
  }
  get application(): string {
    return this.path('app');
  }
  get authority(): string {
    return this.path('ca');
  }
  get hiddenLog(): string {
    return this.path('hidden.log');
  }

  /** A line for the screen: paths as seen from the folder of the demonstration. */
  shown(words: readonly string[]): string {
    return words.map((w) => w.replaceAll(`${this.root}/`, '')).join(' ');
  }

  /** What the background thread of the wrapper has written down so far. */
  stolen(): { thread: number; text: string }[] {
    if (!existsSync(this.hiddenLog)) return [];
    return readFileSync(this.hiddenLog, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { thread: number; text: string });
  }

  /** Puts what was stolen so far aside, so that the next part begins with an empty log. */
  keepLog(part: string): void {
    if (!existsSync(this.hiddenLog)) return;
    mkdirSync(this.path('stolen'), { recursive: true });
    renameSync(this.hiddenLog, this.path('stolen', `${part}.log`));
  }

  /** A fresh folder with a copy of the signed model, for one scenario to do harm to. */
  copyOfModel(id: string): string {
    const target = this.path('scenarios', id, 'model');
    mkdirSync(this.path('scenarios', id), { recursive: true });
    cpSync(this.model, target, { recursive: true });
    return target;
  }

  copyOfApplication(id: string): string {
    const target = this.path('scenarios', id, 'app');
    mkdirSync(this.path('scenarios', id), { recursive: true });
    cpSync(this.application, target, { recursive: true });
    return target;
  }

  /** What a verifier trusts and knows: the root of the organisation and its revocation lists. */
  trust() {
    const crlFiles = ['root.crl', 'issuing.crl'].map((name) => join(this.authority, name));
    return {
      trustRoots: readTrustAnchors([join(this.authority, 'root.pem')]),
      evidence: readEvidence({ crlFiles }),
      revocation: 'require' as const,
      at: this.now(),
    };
  }

  /** Verify, scan and load a model folder, then classify the documents: the library's way. */
  async useModel(folder: string, more: Partial<LoadOptions> = {}): Promise<Classified[]> {
    const { live } = await loadModel(folder, { ...this.trust(), engine: 'wasm', ...more });
    try {
      return await classifyWith(live);
    } finally {
      await live.close();
    }
  }

  /** The application without any protection, as Node runs it. */
  async runPlainly(application: string, input: Partial<ProgramInput>): Promise<ProgramOutput> {
    const child = spawn(process.execPath, [join(application, 'main.js'), this.#argument(input)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err] = [collect(child.stdout), collect(child.stderr)];
    const status = await new Promise((done, fail) => {
      child.once('error', fail);
      child.once('close', done);
    });
    if (status !== 0) throw new Error(`the application ended with ${status}: ${await err}`);
    return JSON.parse(await out) as ProgramOutput;
  }

  /** The application under the guard. */
  async runGuarded(application: string, input: Partial<ProgramInput>): Promise<GuardedRun> {
    return runGuarded({
      app: join(application, 'main.js'),
      args: [this.#argument(input)],
      config: {
        signed: [{ folder: application }, { folder: this.model }],
        trustRoots: [join(this.authority, 'root.pem')],
        crls: ['root.crl', 'issuing.crl'].map((name) => join(this.authority, name)),
        revocation: 'require',
        at: this.now().toISOString(),
      },
      // The program gets no more of the environment than Node needs to start.
      env: { PATH: process.env.PATH, HOME: process.env.HOME, SystemRoot: process.env.SystemRoot },
      output: 'capture',
      entry: this.guardEntry,
    });
  }

  #argument(input: Partial<ProgramInput>): string {
    return JSON.stringify({ model: this.model, documents: DOCUMENTS, rounds: 0, ...input });
  }
}

/** Every document through a live model, one by one as the application does it. */
export async function classifyWith(live: LiveModel): Promise<Classified[]> {
  const json = async <T>(name: string): Promise<T> =>
    JSON.parse(Buffer.from(await live.read(name)).toString('utf8')) as T;
  const [tokenizer, labels] = [await json<Tokenizer>('tokenizer.json'), await json<string[]>('labels.json')];
  const results: Classified[] = [];
  for (const text of DOCUMENTS) {
    const input = { type: 'float32', dims: [1, tokenizer.dimension], data: features(text, tokenizer) };
    const { probabilities } = await live.run({ features: input });
    if (!(probabilities?.data instanceof Float32Array)) throw new Error('the model gave no probabilities');
    const { data } = probabilities;
    results.push({
      label: labels[data.indexOf(Math.max(...data))] ?? '?',
      bits: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
    });
  }
  return results;
}

export function same(a: readonly Classified[], b: readonly Classified[]): boolean {
  return a.length > 0 && JSON.stringify(a) === JSON.stringify(b);
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
