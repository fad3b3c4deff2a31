/**
 * Skips what takes long and is not needed to see that an installation works; `.ci/run` runs everything, with
 * MODELSEAL_ALL=1.
 */
export function needAll(context: Mocha.Context): void {
  if (process.env.MODELSEAL_ALL === '1') return;
  console.log('      skipped: slow; MODELSEAL_ALL=1 runs it, as .ci/run does');
  context.skip();
}
