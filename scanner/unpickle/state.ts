import type { Attributes } from './attributes.js';
import type { Cursor } from './cursor.js';
import { DType, setDTypeState } from './dtype.js';
import { NdArray, setArrayState } from './ndarray.js';
import { PyData, PyObject, PyReference, type PyValue } from './values.js';

/** BUILD: gives `target` its state. */
export function setState(target: PyValue, state: PyValue, attributes: Attributes, input: Cursor): void {
  attributes.build(target, state);
  if (target instanceof DType) {
    const problem = setDTypeState(target, state);
    if (problem) input.refuse('numpy.dtype', problem);
  } else if (target instanceof NdArray) {
    const problem = setArrayState(target, state);
    if (problem) input.refuse('numpy.ndarray', problem);
  } else if (target instanceof PyObject) target.state = state;
  else if (target instanceof PyReference)
    input.refuse(target.name, 'the state of the object itself is overwritten');
  // Attributes of containers, such as the `_metadata` of a state dict, carry no data.
  else if (target instanceof PyData) input.malformed(`a ${target.kind} has no state`);
}
