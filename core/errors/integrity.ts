import { defineErrors } from './texts.js';

export const integrityErrors = defineErrors({});
