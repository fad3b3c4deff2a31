import { loadModel, readTrustAnchors } from 'modelseal/loader';

// Loads a signed model as a program would, from the built package; timed as a whole process.
const [model, root] = process.argv.slice(2);
await loadModel(model, { trustRoots: readTrustAnchors([root]), at: new Date() });
