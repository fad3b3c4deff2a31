import { defineErrors } from './texts.js';

export const scanErrors = defineErrors({});
