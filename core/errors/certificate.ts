import { defineErrors } from './texts.js';

export const certificateErrors = defineErrors({});
