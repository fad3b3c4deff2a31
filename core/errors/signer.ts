import { defineErrors } from './texts.js';

export const signerErrors = defineErrors({});
