import type { Calls } from './calls.js';
import type { Cursor } from './cursor.js';
import { DType, setDTypeState } from './dtype.js';
import { NdArray, setArrayState } from './ndarray.js';
import { PyData, PyObject, PyReference, PyTuple, type PyValue } from './values.js';

/** Attributes that change what an object is or does; no data has them in its state. */
const SPECIAL_ATTRIBUTES = [
  '__class__',
  '__dict__',
  '__setstate__',
  '__reduce__',
  '__reduce_ex__',
  '__getattr__',
  '__call__',
];

/** BUILD: gives `target` its state. */
export function setState(target: PyValue, state: PyValue, calls: Calls, input: Cursor): void {
  calls.charge(state);
  for (const part of state instanceof PyTuple ? state.items : [state]) {
    const special = part instanceof Map && SPECIAL_ATTRIBUTES.find((name) => part.has(name));
    if (special) calls.refuse(special, 'a state sets this special attribute');
  }
  if (target instanceof DType) {
    // Names and fields are looked at one by one.
    if (state instanceof PyTuple) for (const part of state.items.slice(0, 8)) calls.charge(part);
    const problem = setDTypeState(target, state);
    if (problem) calls.refuse('numpy.dtype', problem);
  } else if (target instanceof NdArray) {
    const problem = setArrayState(target, state);
    if (problem) calls.refuse('numpy.ndarray', problem);
  } else if (target instanceof PyObject) target.state = state;
  else if (target instanceof PyReference)
    calls.refuse(target.name, 'the state of the object itself is overwritten');
  // Attributes of containers, such as the `_metadata` of a state dict, carry no data.
  else if (target instanceof PyData) input.malformed(`a ${target.kind} has no state`);
}
