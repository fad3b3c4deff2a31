import { defineErrors } from './texts.js';

export const identityErrors = defineErrors({});
