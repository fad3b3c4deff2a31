/** Ready policies to begin with. Anchors and signers are for whoever uses them to add. */
export const PROFILES = {
  development: `# Development: says what production would refuse, and refuses nothing of it.
version: 1
level: audit
revocation: require
timestamp: require
legacy: refuse
formats: [onnx, safetensors, gguf, text, json, yaml, markup, jinja, image]
`,
  staging: `# Staging: refuses, but for what depends on others being reachable (revocation lists, time stamps).
version: 1
level: permissive
revocation: require
timestamp: require
legacy: refuse
manifestIgnores: refuse
unsignedFiles: refuse
formats: [onnx, safetensors, gguf, text, json, yaml, markup, jinja, image]
`,
  production: `# Production: whatever is not met refuses. Add anchors, signers and minimumVersion of your own, best in rules by model.
version: 1
level: strict
revocation: require
timestamp: require
minRsaBits: 2048
minEcBits: 256
minHashBits: 256
hashes: [sha256]
legacy: refuse
manifestIgnores: refuse
unsignedFiles: refuse
ignorePaths: []
formats: [onnx, safetensors, gguf, text, json, yaml, markup, jinja, image]
`,
} as const;
