import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { isModelsealError, ModelsealError } from '../../core/errors/index.js';
import { readBounded } from '../../core/files.js';
import { parseStrictJson } from '../../core/json/strict-json.js';

type Variables = Readonly<Record<string, string | undefined>>;

export interface Credentials {
  readonly user: string;
  readonly secret: string;
}

const MAX_CONFIG = 4 * 1024 * 1024;
const HELPER_MS = 30_000;
const MAX_ANSWER = 64 * 1024;
/** The name of a helper becomes that of a program, and may not become a path. */
const HELPER = /^[\w.-]+$/;
/** Docker keeps the account of its own hub under this name. */
const HUB = 'https://index.docker.io/v1/';

/**
 * The account for a registry, from the files of the container tools, in the order in which they look: what `docker login`,
 * `podman login` or `oras login` stored, or a credential helper knows.
 *
 * @returns Undefined where none has one: the registry is asked without.
 * @throws {ModelsealError} `ERR_REGISTRY_CREDENTIALS`, which never holds a secret
 */
export async function findCredentials(host: string, env: Variables): Promise<Credentials | undefined> {
  for (const file of configFiles(env)) {
    const config = readConfig(file);
    const found = config && (await fromConfig(config, host, file, env));
    if (found) return found;
  }
  return undefined;
}

function configFiles(env: Variables): string[] {
  const { REGISTRY_AUTH_FILE, DOCKER_CONFIG, XDG_RUNTIME_DIR, XDG_CONFIG_HOME, HOME, USERPROFILE } = env;
  const home = HOME || USERPROFILE;
  const config = XDG_CONFIG_HOME || (home && join(home, '.config'));
  const docker = DOCKER_CONFIG || (home && join(home, '.docker'));
  return [
    REGISTRY_AUTH_FILE,
    XDG_RUNTIME_DIR && join(XDG_RUNTIME_DIR, 'containers', 'auth.json'),
    config && join(config, 'containers', 'auth.json'),
    docker && join(docker, 'config.json'),
  ].filter((file) => file !== undefined && file !== '') as string[];
}

type Fields = Readonly<Record<string, unknown>>;

function readConfig(file: string): Fields | undefined {
  try {
    const bytes = readBounded(file, 'registry accounts', MAX_CONFIG);
    return fields(parseStrictJson(bytes, { what: file, maxBytes: MAX_CONFIG, maxDepth: 16 }));
  } catch (error) {
    if (isModelsealError(error, 'ERR_FILE_NOT_FOUND')) return undefined;
    throw new ModelsealError('ERR_REGISTRY_CREDENTIALS', {
      source: file,
      problem: 'it cannot be read as JSON',
    });
  }
}

async function fromConfig(
  config: Fields,
  host: string,
  file: string,
  env: Variables,
): Promise<Credentials | undefined> {
  const keys =
    host === 'docker.io' || host === 'registry-1.docker.io' ? [HUB, host] : [host, `https://${host}`];
  const helpers = fields(config.credHelpers);
  for (const key of keys) {
    const helper = helpers[key];
    if (typeof helper === 'string') return askHelper(helper, key, env);
  }
  const accounts = fields(config.auths);
  for (const key of keys) {
    const account = fields(accounts[key]);
    const { auth, username, password, identitytoken } = account;
    if (typeof identitytoken === 'string' && identitytoken !== '')
      return { user: '<token>', secret: identitytoken };
    if (typeof username === 'string' && typeof password === 'string')
      return { user: username, secret: password };
    if (typeof auth !== 'string' || auth === '') continue;
    const text = Buffer.from(auth, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    if (colon < 1)
      throw new ModelsealError('ERR_REGISTRY_CREDENTIALS', {
        source: file,
        problem: `the account of ${key} is malformed`,
      });
    return { user: text.slice(0, colon), secret: text.slice(colon + 1) };
  }
  if (typeof config.credsStore !== 'string' || config.credsStore === '') return undefined;
  for (const key of keys) {
    const found = await askHelper(config.credsStore, key, env);
    if (found) return found;
  }
  return undefined;
}

/** The protocol of Docker's credential helpers: the registry on standard input, JSON on standard output. */
function askHelper(helper: string, key: string, env: Variables): Promise<Credentials | undefined> {
  const program = `docker-credential-${helper}`;
  const fail = (problem: string): ModelsealError =>
    new ModelsealError('ERR_REGISTRY_CREDENTIALS', { source: program, problem });
  if (!HELPER.test(helper)) return Promise.reject(fail('its name is not that of a program'));
  return new Promise((found, failed) => {
    const child = execFile(
      program,
      ['get'],
      { env: env as NodeJS.ProcessEnv, timeout: HELPER_MS, maxBuffer: MAX_ANSWER, encoding: 'buffer' },
      (error, stdout) => {
        const answer = stdout.toString('utf8');
        if (error) {
          // So it says that it knows no account, which is no failure.
          if (/credentials not found/i.test(answer)) found(undefined);
          else
            failed(
              fail((error as NodeJS.ErrnoException).code === 'ENOENT' ? 'it is not installed' : 'it failed'),
            );
          return;
        }
        try {
          const json = fields(parseStrictJson(stdout, { what: program, maxBytes: MAX_ANSWER, maxDepth: 4 }));
          if (typeof json.Username !== 'string' || typeof json.Secret !== 'string') throw new Error('fields');
          found({ user: json.Username, secret: json.Secret });
        } catch {
          failed(fail('it gave no account'));
        }
      },
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(key);
  });
}

const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
