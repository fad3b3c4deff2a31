import { openNew } from './authority.js';

// Makes one authority; killed by its parent somewhere on the way.
await openNew(process.argv[2] as string);
