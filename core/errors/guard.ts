import { defineErrors } from './texts.js';

/** Causes of the guard: a Node program in which only signed code and verified models run. */
export const guardErrors = defineErrors({
  ERR_GUARD_NOT_CONFIGURED: {
    kind: 'usage',
    say: () => 'the guard was imported without a configuration',
    hint: 'Start the program with "modelseal run", or put the configuration into MODELSEAL_GUARD as JSON.',
  },
  ERR_GUARD_CONFIG: {
    kind: 'usage',
    say: (d: { problem: string }) => `the configuration of the guard is not usable: ${d.problem}`,
    hint: 'See docs/guard.md for the fields of MODELSEAL_GUARD, or use "modelseal run", which writes it.',
  },
  ERR_GUARD_NOT_BUILT: {
    kind: 'unchecked',
    say: (d: { file: string }) => `the compiled guard is not there: ${d.file}`,
    hint: 'Build Modelseal with "npm run build"; a source checkout has no guard that Node can import.',
  },
  ERR_GUARD_NODE_OPTION: {
    kind: 'refused',
    say: (d: { option: string; source: string }) =>
      `the Node option ${d.option} (${d.source}) can bring in code that the guard does not see`,
    hint: 'Remove the option. The guard accepts only options known to change no code; docs/guard.md lists them.',
  },
  ERR_GUARD_ENVIRONMENT: {
    kind: 'refused',
    say: (d: { name: string }) =>
      `the environment variable ${d.name} can bring foreign code into the process`,
    hint: 'Unset it, or start the program with "modelseal run", which does not pass it on.',
  },
  ERR_GUARD_MANIFEST: {
    kind: 'refused',
    say: (d: { folder: string; problem: string }) =>
      `the manifest of ${d.folder} cannot guide the guard: ${d.problem}`,
    hint: 'Sign the folder with --method files and --hash sha256: modules are checked file by file.',
  },
  ERR_GUARD_MODULE_UNSIGNED: {
    kind: 'refused',
    say: (d: { file: string }) => `${d.file} is covered by no accepted signature and was not run`,
    hint: 'Sign the folder that holds it with a signer the trust roots accept, or remove the import.',
  },
  ERR_GUARD_MODULE_CHANGED: {
    kind: 'refused',
    say: (d: { file: string; expected: string; actual: string }) =>
      `${d.file} is not the signed file (signed ${d.expected}, found ${d.actual}) and was not run`,
    hint: 'Restore the file as its signer published it, or have the folder signed again.',
  },
  ERR_GUARD_MODULE_MISSING: {
    kind: 'refused',
    say: (d: { file: string; reason: string }) => `${d.file} is signed but cannot be read: ${d.reason}`,
    hint: 'Restore the file as its signer published it.',
  },
  ERR_GUARD_USE: {
    kind: 'refused',
    say: (d: { what: string; use: string }) =>
      `${d.what} is signed, but not by somebody whose ${d.use} the policy accepts`,
    hint: 'Policies for code and for models are apart (--code-policy, --model-policy): let the signer of the one sign it.',
  },
  ERR_GUARD_NAME: {
    kind: 'refused',
    say: (d: { name: string; file: string }) =>
      `${d.name} leads to ${d.file}, which is signed under another name, and was not run`,
    hint: 'Restore the signed folder as its signer published it: a file is missing, or a link was put in its place.',
  },
  ERR_GUARD_FILE_UNSIGNED: {
    kind: 'refused',
    say: (d: { file: string }) => `${d.file} lies in a signed folder, is not signed, and was not read`,
    hint: 'Keep what the program writes outside of signed folders, or have the folder signed without it (--ignore-paths).',
  },
  ERR_GUARD_FILE_CHANGED: {
    kind: 'refused',
    say: (d: { file: string }) => `${d.file} is not what was signed under this name, and was not read`,
    hint: 'Restore the file as its signer published it, or have the folder signed again.',
  },
  ERR_GUARD_FILE_MISSING: {
    kind: 'refused',
    say: (d: { file: string; reason: string }) => `${d.file} is signed but cannot be read: ${d.reason}`,
    hint: 'Restore the file as its signer published it.',
  },
  ERR_GUARD_FILE_WRITABLE: {
    kind: 'refused',
    say: (d: { file: string }) =>
      `the signed file ${d.file} was to be opened for reading and writing at once`,
    hint: 'Open it for reading; what changes does not belong into a signed folder.',
  },
  ERR_GUARD_TAMPERED: {
    kind: 'refused',
    say: () =>
      'the language was changed in a way that the guard cannot undo for its checks; the program was stopped',
    hint: 'Remove the package that replaces parts of the language for good, such as methods of Array.prototype.',
  },
  ERR_GUARD_REPORT_CLOSED: {
    kind: 'refused',
    say: (d: { app: string }) =>
      `${d.app} was stopped: its refusals could no longer be told, or it was killed from outside`,
    hint: 'If it ran out of memory, give it more. Otherwise do not trust it: it kept refusals from being heard.',
  },
  ERR_GUARD_PACKAGE_JSON: {
    kind: 'refused',
    say: (d: { file: string; problem: string }) => `${d.file} steers what an import finds, and ${d.problem}`,
    hint: 'Restore the package.json files of the signed folder exactly as they were signed.',
  },
  ERR_GUARD_URL: {
    kind: 'refused',
    say: (d: { url: string }) => `code from ${d.url} is not a file of a signed folder and was not run`,
    hint: 'Import code from files only: data:, blob:, http: and other addresses cannot be covered by a manifest.',
  },
  ERR_GUARD_REQUIRE_ESM: {
    kind: 'refused',
    say: (d: { file: string }) => `require() of the ES module ${d.file} would bypass the import hooks`,
    hint: 'Use import() for this module; Node loads the imports of a required ES module without asking the hooks.',
  },
  ERR_GUARD_MODULE_FORMAT: {
    kind: 'refused',
    say: (d: { file: string }) => `${d.file} has no file type that the guard can serve from checked bytes`,
    hint: 'Modules are .js, .mjs, .cjs, .json or .node files.',
  },
  ERR_GUARD_COMPILE: {
    kind: 'refused',
    say: (d: { file: string }) =>
      `module._compile was called with text that is not the checked file ${d.file}`,
    hint: 'Compiling text made at run time cannot be covered by a signature; load the module from its file.',
  },
  ERR_GUARD_BUILTIN: {
    kind: 'refused',
    say: (d: { name: string }) =>
      `the built-in module ${d.name} is not on the list that guarded code may use`,
    hint: 'Remove the import. docs/guard.md lists the built-in modules that are allowed.',
  },
  ERR_GUARD_CHILD_PROCESS: {
    kind: 'refused',
    say: (d: { name: string }) => `${d.name} starts other programs, which the guard cannot follow`,
    hint: 'Remove the import, or run that part of the program outside the guarded process.',
  },
  ERR_GUARD_VM: {
    kind: 'refused',
    say: (d: { name: string }) => `${d.name} runs code made at run time, which no signature covers`,
    hint: 'Remove the import; code must come from files of a signed folder.',
  },
  ERR_GUARD_INSPECTOR: {
    kind: 'refused',
    say: (d: { name: string }) =>
      `${d.name} opens the process to a debugger, which can change any code in it`,
    hint: 'Debug the program without the guard, never in production.',
  },
  ERR_GUARD_WASI: {
    kind: 'refused',
    say: (d: { name: string }) =>
      `${d.name} gives WebAssembly programs access to the system outside the guard`,
    hint: 'Remove the import.',
  },
  ERR_GUARD_BINDING: {
    kind: 'refused',
    say: (d: { name: string }) => `${d.name} reaches into the internals of Node, past every check`,
    hint: 'Use the public modules of Node.',
  },
  ERR_GUARD_LOADER_HOOK: {
    kind: 'refused',
    say: (d: { name: string }) => `${d.name} would change how modules are loaded after the guard was set up`,
    hint: 'Compile ahead of time: transpilers and loader hooks cannot run beside the guard.',
  },
  ERR_GUARD_EVAL: {
    kind: 'refused',
    say: (d: { name: string }) => `${d.name} would run text made at run time, which no signature covers`,
    hint: 'Remove the call; a bundler or a newer version of the package often can.',
  },
  ERR_GUARD_V8_FLAGS: {
    kind: 'refused',
    say: (d: { flags: string }) =>
      `changing the V8 flag ${d.flags} at run time could lift the ban on run-time code`,
    hint: 'Set V8 flags on the command line of Node, as far as the guard accepts them.',
  },
  ERR_GUARD_WASM: {
    kind: 'refused',
    say: (d: { digest: string }) => `WebAssembly code with SHA-256 ${d.digest} is in no accepted manifest`,
    hint: 'Ship the .wasm as a file of the signed folder, or allow code embedded in signed modules with --allow-embedded-wasm.',
  },
  ERR_GUARD_WORKER_EVAL: {
    kind: 'refused',
    say: () => 'a worker was to run text instead of a signed file',
    hint: 'Put the code of the worker into a file of the signed folder.',
  },
  ERR_GUARD_WORKER_OPTION: {
    kind: 'refused',
    say: (d: { option: string }) => `the worker option ${d.option} could start the worker without the guard`,
    hint: 'Leave execArgv out: a worker inherits the options and the guard of its parent.',
  },
  ERR_GUARD_NATIVE_UNSIGNED: {
    kind: 'refused',
    say: (d: { file: string }) =>
      `the native addon ${d.file} is covered by no accepted signature and was not loaded`,
    hint: 'Native code can undo every check: sign the folder that holds it, or remove the package.',
  },
  ERR_GUARD_NATIVE_ENGINE: {
    kind: 'refused',
    say: (d: { name: string }) => `${d.name} would load a native library that no manifest covers`,
    hint: 'Use the algorithms built into Node.',
  },
  ERR_GUARD_SESSION_PATH: {
    kind: 'refused',
    say: (d: { path: string }) =>
      `a model session was to be created from the path ${d.path} instead of verified bytes`,
    hint: 'Load the model with modelseal/loader, or read the file and pass its bytes: a path can change after the check.',
  },
  ERR_GUARD_SESSION_UNVERIFIED: {
    kind: 'refused',
    say: (d: { digest: string }) =>
      `a model session was to be created from bytes (SHA-256 ${d.digest}) that no accepted manifest lists`,
    hint: 'Have the model signed, and name its folder with --signed.',
  },
  ERR_GUARD_SESSION_EXTERNAL: {
    kind: 'refused',
    say: (d: { location: string }) =>
      `the model reads tensor data from ${d.location}, which was not given as verified bytes`,
    hint: 'Pass the external data as bytes of a signed file in the session option externalData.',
  },
  ERR_GUARD_SESSION_KIND: {
    kind: 'refused',
    say: (d: { name: string }) => `${d.name} has no form that takes verified bytes`,
    hint: 'Use InferenceSession.create with the bytes of a signed model.',
  },
  ERR_GUARD_RUNTIME_COPY: {
    kind: 'refused',
    say: (d: { file: string }) =>
      `${d.file} contains a copy of ONNX Runtime whose sessions the guard cannot watch`,
    hint: 'Keep onnxruntime-web, onnxruntime-node and onnxruntime-common as packages in node_modules, not bundled.',
  },
  ERR_GUARD_APP_FAILED: {
    kind: 'unchecked',
    say: (d: { app: string; status: string }) => `${d.app} ended with ${d.status}`,
    hint: 'The guard refused nothing: this is the result of the program itself.',
  },
});
