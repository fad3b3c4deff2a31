import { defineErrors } from './texts.js';

export const runtimeErrors = defineErrors({});
