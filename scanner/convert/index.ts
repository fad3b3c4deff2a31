export { type ConversionRecord, type ConvertOptions, convertModel, recordName } from './convert.js';
