import { ModelsealError } from '../errors/index.js';
import type { Json } from '../json/strict-json.js';
import { TREE_DIGEST_KEY } from '../model/index.js';
import type { AttestationType } from './types.js';

export type Predicate = { readonly [key: string]: Json };

/** A model that this one was made from. */
export interface BaseModel {
  readonly name: string;
  readonly treeDigest: string;
}

/** Data sets and base models of one model; more are not known. */
const MAX_LISTED = 10_000;

/**
 * The shape that a predicate of a type must have at the least. What it says beyond that is for whoever reads it.
 *
 * @throws {ModelsealError} `ERR_ATTESTATION`
 */
export function checkPredicate(type: AttestationType, predicate: Predicate): void {
  const problem = CHECKS[type](predicate);
  if (problem !== undefined) throw new ModelsealError('ERR_ATTESTATION', { problem: `${type}: ${problem}` });
}

type Check = (predicate: Predicate) => string | undefined;

const CHECKS: Readonly<Record<AttestationType, Check>> = {
  // SLSA v1.0, provenance: the fields that it calls required.
  'slsa-provenance': ({ buildDefinition, runDetails }) => {
    if (!isObject(buildDefinition) || !isText(buildDefinition.buildType))
      return 'buildDefinition.buildType is not a text';
    if (!isObject(buildDefinition.externalParameters))
      return 'buildDefinition.externalParameters is not an object';
    if (!isObject(runDetails) || !isObject(runDetails.builder) || !isText(runDetails.builder.id))
      return 'runDetails.builder.id is not a text';
    return undefined;
  },
  'ml-bom': ({ bomFormat, specVersion, metadata, components }) => {
    if (bomFormat !== 'CycloneDX') return 'bomFormat is not CycloneDX';
    if (!isText(specVersion) || !/^1\.[5-9]$/.test(specVersion))
      return 'specVersion is not 1.5 or later, which know models';
    const all = [
      isObject(metadata) ? metadata.component : undefined,
      ...(isList(components) ? components : []),
    ];
    return all.some((component) => isObject(component) && component.type === 'machine-learning-model')
      ? undefined
      : 'no component is of the type machine-learning-model';
  },
  'model-card': (card) => (Object.keys(card).length === 0 ? 'it is empty' : undefined),
  'training-data': ({ datasets }) => {
    if (!isList(datasets) || datasets.length === 0) return 'datasets is not a list with an entry';
    if (datasets.length > MAX_LISTED) return `datasets has more than ${MAX_LISTED} entries`;
    const bad = datasets.findIndex(
      (entry) => !isObject(entry) || !isText(entry.name) || !isDigests(entry.digest),
    );
    return bad < 0 ? undefined : `datasets[${bad}] has no name and digest`;
  },
  'base-model': ({ models }) => {
    if (!isList(models) || models.length === 0) return 'models is not a list with an entry';
    if (models.length > MAX_LISTED) return `models has more than ${MAX_LISTED} entries`;
    const bad = models.findIndex((entry) => baseModel(entry) === undefined);
    return bad < 0 ? undefined : `models[${bad}] has no name and digest.${TREE_DIGEST_KEY}`;
  },
  scan: ({ scanner, time, verdict, policy, files }) => {
    if (!isObject(scanner) || !isText(scanner.name) || !isText(scanner.version))
      return 'scanner has no name and version';
    if (!isText(time) || Number.isNaN(Date.parse(time))) return 'time is not a time';
    if (verdict !== 'clean' && verdict !== 'threat' && verdict !== 'incomplete')
      return 'verdict is not clean, threat or incomplete';
    if (typeof files !== 'number') return 'files is not a number';
    return isObject(policy) ? undefined : 'policy is not an object';
  },
};

/** The models that a checked predicate of the type base-model names. */
export const baseModels = ({ models }: Predicate): BaseModel[] =>
  (isList(models) ? models : []).flatMap((entry) => baseModel(entry) ?? []);

function baseModel(entry: Json): BaseModel | undefined {
  if (!isObject(entry) || !isText(entry.name) || !isObject(entry.digest)) return undefined;
  const treeDigest = entry.digest[TREE_DIGEST_KEY];
  return isText(treeDigest) && /^[0-9a-f]{64}$/.test(treeDigest)
    ? { name: entry.name, treeDigest }
    : undefined;
}

const isObject = (value: Json | undefined): value is Predicate =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isList = (value: Json | undefined): value is Json[] => Array.isArray(value);
const isText = (value: Json | undefined): value is string => typeof value === 'string' && value !== '';
const isDigests = (value: Json | undefined): boolean =>
  isObject(value) &&
  Object.keys(value).length > 0 &&
  Object.values(value).every((digest) => isText(digest) && /^[0-9a-f]{40,128}$/.test(digest));
