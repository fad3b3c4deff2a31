import { defineErrors } from './texts.js';

export const revocationErrors = defineErrors({});
