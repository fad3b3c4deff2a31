import { defineErrors } from './texts.js';

export const bundleErrors = defineErrors({});
