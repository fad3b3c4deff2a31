import { defineErrors } from './texts.js';

export const guardErrors = defineErrors({});
