export { type HubAddress, isHubAddress, parseHubAddress } from './address.js';
export {
  type Environment,
  findHubModel,
  type HubSnapshot,
  hubCache,
  isOwnBlob,
  snapshotOf,
  snapshotsIn,
} from './cache.js';
