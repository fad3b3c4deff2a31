// The entry of the standalone program. Its runtime reads no NODE_OPTIONS, and the build switches off what it would read
// from the working folder; BUN_OPTIONS is what can still bring in other code.
import { main } from '../../cli.js';
import { failWithOutput } from '../output-errors.js';

const { BUN_OPTIONS } = process.env;
const option = process.execArgv.join(' ') || BUN_OPTIONS?.trim();
const foreign = option ? ({ option, source: 'BUN_OPTIONS' } as const) : undefined;
failWithOutput();
process.exitCode = await main(process.argv.slice(2), process, process.env, foreign);
