/**
 * How far the clock of a CRL issuer or responder may run ahead of the time of verification. Five minutes is what
 * Kerberos and most validators grant; more would let future-dated evidence pass.
 */
export const MAX_CLOCK_SKEW_MS = 5 * 60 * 1000;

/**
 * An OCSP answer without nextUpdate says that newer information is always available (RFC 6960 §4.2.2.1). It counts for
 * a day: long enough to be carried along with a file, too short to hide a revocation for long.
 */
export const MAX_AGE_WITHOUT_NEXT_UPDATE_MS = 24 * 60 * 60 * 1000;

/**
 * Signatures on CRLs and OCSP responses that one check of a path verifies. A path of ten certificates with delta CRLs
 * and key changes needs under 50; the bound stops a bag of look-alike signers from multiplying work.
 */
export const MAX_EVIDENCE_SIGNATURES = 512;

/** CRL signers and responders whose own status has to be looked up, one inside the other. PKITS needs 2. */
export const MAX_SIGNER_DEPTH = 4;

/** Pieces of evidence that one check takes; a bag of PKITS' size (173 lists) fits easily. */
export const MAX_EVIDENCE_ITEMS = 1024;

/**
 * Certificates whose status one check of a path looks up, those of CRL signers and responders included. Signers that
 * depend on each other are looked up again, so that without a bound a few hundred of them could cost hours.
 */
export const MAX_STATUS_LOOKUPS = 256;

/**
 * Distribution points of one certificate that are worked through. Real ones have one or two; lists for points beyond
 * this number prove nothing.
 */
export const MAX_DISTRIBUTION_POINTS = 64;
