import { listen } from '@undertone/mls/verifier-worker';

// Checks the leaf signatures of large groups beside the core (`createVerifierPool`).
listen(self);
