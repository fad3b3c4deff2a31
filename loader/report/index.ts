export { renderShortReport } from './short.js';
export { renderReport } from './text.js';
