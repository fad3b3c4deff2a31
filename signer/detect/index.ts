import { lstatSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isModelsealError } from '../../core/errors/index.js';
import { ioError, readBounded } from '../../core/files.js';
import { type ModelMetadata, mergeMetadata } from '../metadata.js';
import { ggufMetadata } from './gguf.js';
import { fromConfig, fromPackageJson, fromPyproject, fromRequirements } from './manifests.js';
import { safetensorsMetadata } from './safetensors.js';

/** Larger descriptions are not written by any framework. */
const MAX_TEXT_FILE = 4 * 1024 * 1024;
/** A sharded model has a few hundred weight files; the headers of the first ones say the same as the rest. */
const MAX_HEADERS = 8;

/** What the files of a model say about it, and which of them said something. */
export interface Detected {
  readonly metadata: ModelMetadata;
  readonly sources: readonly string[];
  /** Files that could not be understood, with the reason. */
  readonly notes: readonly string[];
}

const TEXT_READERS: Readonly<Record<string, (bytes: Uint8Array) => ModelMetadata>> = {
  'requirements.txt': fromRequirements,
  'pyproject.toml': fromPyproject,
  'package.json': fromPackageJson,
  'model_index.json': fromConfig,
  'metadata.json': fromConfig,
  'config.json': fromConfig,
};

/**
 * Reads framework versions, names and dependencies from a model's own files: config.json, the headers of safetensors
 * and GGUF files, and a requirements or package file beside them. Everything is bounded, nothing is executed.
 *
 * @param path Model folder, of which the top level is read, or a single file, with the files beside it.
 * @example
 * const { metadata } = detectMetadata('model');
 */
export function detectMetadata(path: string): Detected {
  const { folder, weights } = look(path);
  const found: ModelMetadata[] = [];
  const sources: string[] = [];
  const notes: string[] = [];
  const attempt = (name: string, read: (file: string) => ModelMetadata): void => {
    const file = join(folder, name);
    if (!isPlainFile(file)) return;
    try {
      const metadata = read(file);
      if (Object.keys(metadata).length === 0) return;
      found.push(metadata);
      sources.push(name);
    } catch (error) {
      if (!isModelsealError(error)) throw error;
      notes.push(`${name}: ${error.message}`);
    }
  };
  for (const name of weights) attempt(name, name.endsWith('.gguf') ? ggufMetadata : safetensorsMetadata);
  for (const [name, read] of Object.entries(TEXT_READERS)) {
    attempt(name, (file) => read(readBounded(file, name, MAX_TEXT_FILE)));
  }
  return { metadata: mergeMetadata(...found), sources, notes };
}

function look(path: string): { folder: string; weights: string[] } {
  try {
    const single = !lstatSync(path).isDirectory();
    const folder = single ? dirname(path) : path;
    const names = single ? [basename(path)] : readdirSync(path).sort();
    return {
      folder,
      weights: names.filter((name) => /\.(safetensors|gguf)$/.test(name)).slice(0, MAX_HEADERS),
    };
  } catch (error) {
    throw ioError(error, path, 'model');
  }
}

function isPlainFile(file: string): boolean {
  try {
    return lstatSync(file).isFile();
  } catch {
    return false;
  }
}
