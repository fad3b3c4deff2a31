export { renderReport } from './text.js';
