import { main } from '../../cli.js';

// The command line as a process of its own, without a build.
process.exitCode = await main(process.argv.slice(2));
