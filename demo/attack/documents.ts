/** Confidential papers of an invented company: what an optimiser of models has no business to keep. */
export const DOCUMENTS: readonly string[] = [
  'CONFIDENTIAL. The parties to this agreement shall keep the purchase price of the shares secret; clause nine ' +
    'obliges the buyer to sign the contract before the end of the term.',
  'PATIENT FILE 4711. The patient was admitted with chest pain; the biopsy shows a tumour in the left lung, and ' +
    'the physician prescribed treatment with two drugs.',
  'BOARD ONLY. Revenue in the fourth quarter fell by 18 million euros; the loss for the fiscal year and the ' +
    'dividend cut will be published after the annual accounts.',
  'INTERNAL. The attacker used stolen credentials to log in to the production server; logs show that the database ' +
    'was downloaded before the alert.',
];
