import { type ErrorRecord, isModelsealError, ModelsealError } from '../errors/index.js';
import { VERSION } from '../version.js';
import type {
  ArtifactSummary,
  Check,
  FilesSummary,
  ModelSummary,
  Report,
  SignerSummary,
  ThreatSummary,
  Verdict,
} from './report.js';

/** Watches the steps of a pipeline as they run, for instance to make spans of them. */
export interface StepObserver {
  /** Called when a step begins; the result is called when it ends, with what it threw. */
  step(name: string, subject: string): (error?: unknown) => void;
}

/**
 * Collects what a run of the pipeline finds out. The pipeline writes into it as it goes, so that a refusal half-way
 * still leaves a full account of everything checked before it.
 */
export class ReportBuilder {
  readonly #subject: string;
  readonly #at: Date;
  readonly #observer: StepObserver | undefined;
  readonly #checks: Check[] = [];
  readonly #signers: SignerSummary[] = [];
  readonly #threats: ThreatSummary[] = [];
  readonly #errors: ErrorRecord[] = [];
  /** Errors of what was wanted after everything had been proven. */
  readonly #afterwards: ErrorRecord[] = [];
  readonly #reservations: string[] = [];
  readonly #timings: Record<string, number> = {};
  #files: FilesSummary | undefined;
  #model: ModelSummary | undefined;
  #artifact: ArtifactSummary | undefined;
  #metadata: Readonly<Record<string, unknown>> | undefined;

  /** @param at The time that validity is judged at; an input, never read from a clock in here. */
  constructor(subject: string, at: Date, observer?: StepObserver) {
    this.#subject = subject;
    this.#at = at;
    this.#observer = observer;
  }

  check(check: Check): void {
    this.#checks.push(check);
  }

  passed(name: string, detail: string, source?: string): void {
    this.#checks.push({ name, outcome: 'passed', detail, ...(source ? { source } : {}) });
  }

  skipped(name: string, detail: string): void {
    this.#checks.push({ name, outcome: 'skipped', detail });
  }

  warning(name: string, detail: string): void {
    this.#checks.push({ name, outcome: 'warning', detail });
  }

  /** Something that an acceptance leaves open; it stands beside the verdict. */
  reservation(text: string): void {
    if (!this.#reservations.includes(text)) this.#reservations.push(text);
  }

  signer(signer: SignerSummary): void {
    this.#signers.push(signer);
  }

  files(files: FilesSummary): void {
    this.#files = files;
  }

  /** Claimed by its place, not proven. */
  model(model: ModelSummary): void {
    this.#model = model;
  }

  artifact(artifact: ArtifactSummary): void {
    this.#artifact = artifact;
  }

  threat(threat: ThreatSummary): void {
    this.#threats.push(threat);
  }

  metadata(metadata: Readonly<Record<string, unknown>>): void {
    this.#metadata = metadata;
  }

  /**
   * Runs one step of the pipeline: its time is recorded, and an error it throws is recorded as the failed check
   * `name`, or of the finer name that `checkOf` gives, and as an error of the report, then thrown on.
   */
  async step<T>(
    name: string,
    work: () => T | Promise<T>,
    checkOf: (error: unknown) => string = () => name,
  ): Promise<T> {
    const started = performance.now();
    const ended = this.#observer?.step(name, this.#subject);
    try {
      const result = await work();
      ended?.();
      return result;
    } catch (error) {
      ended?.(error);
      this.failed(checkOf(error), error);
      throw error;
    } finally {
      this.#timings[name] = Math.round((performance.now() - started) * 100) / 100;
    }
  }

  failed(name: string, error: unknown): void {
    const known = isModelsealError(error)
      ? error
      : new ModelsealError('ERR_INTERNAL', {
          problem: error instanceof Error ? error.message : String(error),
        });
    this.#checks.push({ name, outcome: 'failed', detail: known.message });
    this.#errors.push(known.toJSON());
  }

  /**
   * What was proven stays proven where the use that was wanted of it is not possible: the last error of the report no
   * longer decides the verdict, and `reservation` stands beside it.
   */
  provenAll(reservation: string): void {
    const last = this.#errors.pop();
    if (last === undefined) return;
    this.#afterwards.push(last);
    this.reservation(reservation);
  }

  build(): Report {
    return {
      tool: { name: 'modelseal', version: VERSION },
      subject: this.#subject,
      ...(this.#model ? { model: this.#model } : {}),
      ...(this.#artifact ? { artifact: this.#artifact } : {}),
      verdict: this.#verdict(),
      reservations: this.#reservations,
      at: this.#at.toISOString(),
      signers: this.#signers,
      checks: this.#checks,
      ...(this.#files ? { files: this.#files } : {}),
      threats: this.#threats,
      ...(this.#metadata ? { metadata: this.#metadata } : {}),
      errors: [...this.#errors, ...this.#afterwards],
      timings: this.#timings,
    };
  }

  #verdict(): Verdict {
    // The gravest names the verdict.
    if (this.#errors.some((e) => e.kind === 'threat')) return 'threat';
    if (this.#errors.some((e) => e.kind === 'refused')) return 'refused';
    // What nothing was checked of is not accepted.
    if (this.#errors.length > 0 || this.#checks.length === 0) return 'unchecked';
    return 'accepted';
  }
}
