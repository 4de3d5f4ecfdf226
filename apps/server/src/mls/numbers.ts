/** Numbers of RFC 9420's registries that the server knows. */
export const mls10 = 1;
/** MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519. */
export const suite1 = 1;
export const wireFormats = { groupInfo: 4, keyPackage: 5 } as const;
export const basicCredential = 1;
/** The source of a leaf node that stands in a key package. */
export const keyPackageSource = 1;
/** Bytes of a confirmation tag: HMAC-SHA-256. */
export const confirmationTagBytes = 32;
