import { z } from 'zod';

// The CSP forbids `eval`; without this zod probes for it at its first parse, which is reported as a violation.
z.config({ jitless: true });
