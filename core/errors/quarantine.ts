import { defineErrors } from './texts.js';

export const quarantineErrors = defineErrors({});
