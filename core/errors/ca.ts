import { defineErrors } from './texts.js';

export const caErrors = defineErrors({});
