export {};

// The CSP forbids `eval`; without this zod tries it when the first schema is made, which is reported as a violation. zod keeps its settings
// in this global. Setting it here, instead of by `z.config`, works before zod is loaded, so the chat does not have to load it.
(globalThis as { __zod_globalConfig?: object }).__zod_globalConfig = { jitless: true };
